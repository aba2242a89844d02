# coldswarm: `make demo` to see it, `make check` to test it; `make help` lists the rest.
#
# Each kind of build has a directory of its own: build/release, build/clang (CC=clang), build/address, build/thread and
# build/fuzz (SAN=address, thread, fuzz). A change of compiler or flags builds that directory anew.

ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr/local
DESTDIR  ?=
SAN      ?=
VERSION  := 0.1.0
comma    := ,

PACKAGES := libcurl libuv zlib libcjson sqlite3 libmicrohttpd openssl yaml-0.1 libpcre2-8
# Goals that need no library, or install them first.
BARE     := clean help format format-check layers-source demo check install-deps uninstall
MISSING  := $(if $(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),$(shell scripts/missing-packages $(PACKAGES) http_parser.h))
ifneq ($(strip $(MISSING)),)
$(error missing: $(MISSING). Run scripts/install-deps (Debian, as root) and try again)
endif
# $(call once,NAME,COMMAND): the command's output, run at the first use and not for each file.
once      = $(or $(value $(1)_),$(eval $(1)_ := $$(shell $(2)))$(value $(1)_))
PKG_CFLAGS = $(call once,PKG_CFLAGS,pkg-config --cflags $(PACKAGES))
PKG_LIBS   = $(call once,PKG_LIBS,pkg-config --libs $(PACKAGES))

B        := build/$(or $(SAN),$(if $(filter clang%,$(notdir $(CC))),clang,release))

WARN     := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings \
            -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion
SANFLAGS_address := -fsanitize=address,undefined -fno-sanitize-recover=all
SANFLAGS_thread  := -fsanitize=thread
SANFLAGS_fuzz    := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
OPT      := $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)
CPPFLAGS += -Isrc -D_GNU_SOURCE -DCOLDSWARM_VERSION='"$(VERSION)"' -include src/util/banned.h
CFLAGS   ?= -g
ALLFLAGS  = -std=c17 $(OPT) $(WARN) $(SANFLAGS_$(SAN)) $(CFLAGS) -pthread $(PKG_CFLAGS)
LDLIBS   += $(PKG_LIBS) -lhttp_parser -lm -pthread

# Text files that the program carries inside: src/record/schema.sql becomes embed_record_schema_sql.
EMBEDDED   := $(wildcard src/*/*.sql src/*/*.gp src/*/*.json src/*/*.css src/*/*.js scenarios/paper.json)
embed_name  = $(subst -,_,$(subst .,_,$(subst /,_,$(patsubst src/%,%,$(1)))))

MAIN     := src/cli/main.c
SOURCES  := $(filter-out $(MAIN),$(wildcard src/*/*.c))
HEADERS  := $(wildcard src/*/*.h)
OBJECTS  := $(SOURCES:%.c=$(B)/%.o) $(foreach f,$(EMBEDDED),$(B)/embed/$(call embed_name,$(f)).o)
UNIT     := $(wildcard tests/*/test_*.c)
UNITBIN  := $(UNIT:%.c=$(B)/%)
BATS     := $(wildcard tests/*/*.bats)
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZBIN  := $(FUZZ:%=$(B)/tests/fuzz/fuzz_%)
REPLAY   := $(FUZZ:%=$(B)/tests/fuzz/replay_%)
# Knows its own service times: for make bench, and for tests of what the program says of them.
TRUTH    := $(B)/tests/support/truth
# The parts that run on more than one thread, for the thread sanitiser.
THREADED := $(filter tests/record/% tests/engine/% tests/stats/%,$(UNIT))
C_FILES  := $(wildcard src/*/*.[ch] tests/*/*.[ch] bench/*.[ch])

.PHONY: all
all: $(B)/coldswarm ## build build/release/coldswarm

$(B)/coldswarm: $(B)/src/cli/main.o $(B)/libcoldswarm.a
	@echo "  LD $@"
	@$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libcoldswarm.a: $(OBJECTS) $(B)/members
	@rm -f $@
	@ar rcs $@ $(OBJECTS)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(ALLFLAGS) -MMD -MP -c -o $@ $<

define embed_rule
$(B)/embed/$(call embed_name,$(1)).o: $(1) scripts/embed $(B)/flags
	@mkdir -p $$(@D)
	@scripts/embed $(1) embed_$(call embed_name,$(1)) | $(CC) -c -x assembler -o $$@ -
endef
$(foreach f,$(EMBEDDED),$(eval $(call embed_rule,$(f))))

# $(call remember,TEXT): writes the text to the target, which becomes new only when the text has changed.
remember = mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@

$(B)/flags: FORCE
	@$(call remember,$(CC) $(CPPFLAGS) $(ALLFLAGS) $(LDFLAGS) $(LDLIBS))
$(B)/members: FORCE
	@$(call remember,$(OBJECTS))
.PHONY: FORCE
FORCE:

# $(call link_test,SOURCES,MORE FLAGS): a test's program from its source and the library; there are hundreds, so by a quick linker.
QUICK_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
link_test = $(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) $(QUICK_LD) $(2) $(LDFLAGS) -o $@ $(1) $(B)/libcoldswarm.a -lcmocka $(LDLIBS)

$(B)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(call link_test,$<,-MMD -MP -MF $@.d -fsanitize=fuzzer)

$(B)/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $< (replay)"
	@$(call link_test,$< tests/fuzz/replay.c,-DCORPUS='"tests/fuzz/corpus/$*"')

$(B)/tests/%: tests/%.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(call link_test,$<,-MMD -MP -MF $@.d)

# What `make test` runs in each kind of build: the corpora and the program where memory is watched, threads where those are.
# `auto` takes the direct transport where it can: what is about requests runs once more with the other.
SENDING        := $(filter %/run.bats %/hostile.bats %/open.bats,$(BATS))
# Those that take long come first, so that none is left over at the end.
SUITES         := $(BATS) $(SENDING:%=COLDSWARM_TRANSPORT=curl,%) $(UNITBIN)
# Under ASan, of the command line's tests: those in which the program takes what others send, and runs long. Most of the others look at what
# is written, by parts that have unit tests of their own.
WATCHED        := cloudrun flows hostile import open run validate
# EVERY=1, as make sanitize has it: all of them.
SUITES_address := $(if $(EVERY),$(BATS),$(WATCHED:%=tests/cli/%.bats)) $(UNITBIN) $(REPLAY)
SUITES_thread  := $(THREADED:%.c=$(B)/%)
SUITES         := $(if $(SAN),$(SUITES_$(SAN)),$(SUITES))
TEST_JOBS      ?= 1
RUN_TESTS      := COLDSWARM=$(B)/coldswarm TSAN_OPTIONS=$(addprefix suppressions=,$(wildcard tests/tsan.supp)) \
                  scripts/run-tests --jobs $(TEST_JOBS) $(if $(filter thread,$(SAN)),--without-aslr)

.PHONY: unit tests test warnings
unit: $(UNITBIN)
warnings: $(UNIT:%=$(B)/%.looked) ## what a compiler has to say of the tests, without making anything; of the sources, make lint tells
$(B)/%.c.looked: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) -MMD -MP -MF $(@:%.looked=%.d) -MT $@ -fsyntax-only $< && touch $@
tests: $(if $(filter thread,$(SAN)),,$(B)/coldswarm $(TRUTH)) $(filter $(B)/%,$(SUITES))
test: tests ## build and run the tests once: all, or those with T=word in their path (SAN=address or thread)
	@$(if $(SUITES),$(RUN_TESTS) $(if $(T),--only '$(T)') $(SUITES),echo "0 passed, 0 failed")

.PHONY: check
check: ## install what is missing, build, heed the warnings of clang, run every test, plain and under sanitisers
	@scripts/install-deps classifier
	@scripts/check

.PHONY: check-classifier
check-classifier: $(B)/coldswarm ## test the service in examples/classifier (scripts/install-deps classifier installs what it needs)
	@COLDSWARM=$(B)/coldswarm scripts/run-tests --jobs $(TEST_JOBS) examples/classifier/test_app.py examples/classifier/test_reproduce.bats

.PHONY: sanitize
sanitize: ## every test under ASan and UBSan, the threaded ones under TSan
	@scripts/check sanitize

FUZZ_SECONDS ?= 30
.PHONY: fuzz fuzz-run
fuzz: ## look for crashes with libFuzzer, FUZZ_SECONDS=30 for each target
	@$(MAKE) --no-print-directory CC=clang SAN=fuzz fuzz-run
fuzz-run: $(FUZZBIN)
	@for name in $(FUZZ); do \
	    mkdir -p $(B)/found/$$name; dict=tests/fuzz/$$name.dict; [ -f $$dict ] || dict=; \
	    echo "fuzz $$name for $(FUZZ_SECONDS) s"; \
	    $(B)/tests/fuzz/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	        -verbosity=0 -print_final_stats=1 -artifact_prefix=$(B)/found/$$name- $${dict:+-dict=$$dict} \
	        $(B)/found/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

.PHONY: format format-check
format: ## lay out the C sources with clang-format
	@clang-format -i $(C_FILES)
format-check: ## say what format would change
	@clang-format --dry-run -Werror $(C_FILES)

.PHONY: layers layers-source headers
layers: layers-source headers ## check that folders include only what src/LAYERS allows, and sizes
layers-source:
	@scripts/check-layers
headers: $(HEADERS:%=$(B)/%.alone)
$(B)/%.h.alone: %.h $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALLFLAGS) -fsyntax-only -x c $< && touch $@

# ANALYSIS=shallow follows fewer calls, looks at a folder at a time (the checker of va_list is wrong from the second file on), and takes
# a tenth of the time: for make check, which has no more. make lint looks deep.
TIDY     := $(if $(ANALYSIS),$(patsubst %/,tidy/%,$(sort $(dir $(SOURCES)))),$(SOURCES:%=tidy/%) tidy/$(MAIN))
TIDY_HOW := $(if $(ANALYSIS),$(patsubst %,--extra-arg=%,-Xclang -analyzer-config -Xclang mode=$(ANALYSIS)) \
                             --checks=-clang-analyzer-valist.Uninitialized)
.PHONY: lint $(TIDY) cppcheck python-check
lint: $(TIDY) cppcheck python-check ## clang-tidy with clang's own warnings, cppcheck, and a syntax check of the Python files
$(TIDY): tidy/%: | build
	@echo "  TIDY $*"
	@clang-tidy --quiet $(TIDY_HOW) $(if $(filter %.c,$*),$*,$(wildcard $*/*.c)) -- -std=c17 $(WARN) $(CPPFLAGS) $(PKG_CFLAGS) 2>build/tidy.$(subst /,_,$*) || \
	    { cat build/tidy.$(subst /,_,$*); exit 1; }
build:
	@mkdir -p $@
cppcheck:
	@echo "  CPPCHECK src"
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE \
	    -DCOLDSWARM_VERSION='"$(VERSION)"' -Isrc src
python-check:
	@echo "  PYTHON"
	@{ ls bench/*.py examples/*/*.py; grep -lrE '^#!.*python3' scripts tests 2>/dev/null; } | xargs -r -n 1 python3 -c \
	    'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")'

.PHONY: demo
demo: ## install, build, shoot at the built-in target for half a minute and leave a report
	@scripts/demo

.PHONY: bench
bench: $(B)/coldswarm $(TRUTH) ## install the peers, measure cost and truth beside theirs (BENCH="--only truth --rounds 3")
	@scripts/install-deps bench
	@bench/bench.py $(BENCH)

.PHONY: paper-example
paper-example: $(B)/coldswarm ## typeset examples/paper from a run of ten seconds (scripts/install-deps paper installs what it needs)
	@$(MAKE) --no-print-directory -C examples/paper COLDSWARM=$(abspath $(B)/coldswarm)
	@echo "examples/paper/paper.pdf"

STATS    := $(B)/bench/compare_stats
$(STATS): bench/compare_stats.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(ALLFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(B)/libcoldswarm.a $(LDLIBS)

.PHONY: bench-stats
bench-stats: $(B)/coldswarm $(STATS) ## how often compare is wrong, and what it finds: simulated, then real runs (PAIRS=500)
	@bench/stats.py --simulation $(STATS) --coldswarm $(B)/coldswarm --pairs $(or $(PAIRS),500)

.PHONY: install-deps
install-deps: ## install the Debian packages that building and testing need
	@scripts/install-deps

$(B)/coldswarm.1: $(B)/coldswarm
	@$< help --man >$@.new && mv $@.new $@
$(B)/coldswarm.bash: $(B)/coldswarm
	@$< completion bash >$@.new && mv $@.new $@

SHARE    := $(DESTDIR)$(PREFIX)/share
DOCS     := $(wildcard README.md ARCHITECTURE.md LICENSE)
.PHONY: install uninstall
install: $(B)/coldswarm $(B)/coldswarm.1 $(B)/coldswarm.bash ## install below PREFIX (/usr/local), staged in DESTDIR
	@install -D -m 755 $(B)/coldswarm $(DESTDIR)$(PREFIX)/bin/coldswarm
	@install -D -m 644 $(B)/coldswarm.1 $(SHARE)/man/man1/coldswarm.1
	@install -D -m 644 $(B)/coldswarm.bash $(SHARE)/bash-completion/completions/coldswarm
	@install -d $(SHARE)/coldswarm $(SHARE)/doc/coldswarm
	@install -m 644 $(DOCS) $(SHARE)/doc/coldswarm
	@if [ -d scenarios ]; then cp -R scenarios $(SHARE)/coldswarm/ && chmod -R u=rwX,go=rX $(SHARE)/coldswarm; fi
	@echo "installed $(DESTDIR)$(PREFIX)/bin/coldswarm"
uninstall: ## remove what install put there
	@rm -rf $(SHARE)/coldswarm $(SHARE)/doc/coldswarm
	@rm -f $(DESTDIR)$(PREFIX)/bin/coldswarm $(SHARE)/man/man1/coldswarm.1 \
	    $(SHARE)/bash-completion/completions/coldswarm

.PHONY: clean
clean: ## remove build/
	@rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

-include $(UNIT:%=$(B)/%.d) $(OBJECTS:.o=.d) $(B)/src/cli/main.d $(UNITBIN:=.d) $(FUZZBIN:=.d) $(TRUTH).d $(STATS).d
