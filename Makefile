# coldswarm: `make demo` to see it, `make check` to test it; `make help` lists the rest.
#
# Each kind of build has its own directory: build/release, build/clang (CC=clang), build/address, build/thread,
# build/fuzz and build/coverage (SAN=address, thread, fuzz, coverage). A change of compiler or flags rebuilds that directory.

ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr/local
DESTDIR  ?=
SAN      ?=
VERSION  := 0.2.0
comma    := ,

PACKAGES := libcurl libnghttp2 libuv zlib libbrotlidec libcjson sqlite3 libmicrohttpd openssl yaml-0.1 libpcre2-8 libidn2 \
            libprotobuf-c
# Goals that need no library, or install them first.
BARE     := clean help format format-check layers-source demo demo-llm check check-more sanitize coverage analyze torture install-deps uninstall dist deb
MISSING  := $(if $(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),$(shell scripts/missing-packages $(PACKAGES) http_parser.h protobuf protoc-c))
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
# Counts lines and branches; threads count in the same variables. Without optimisation gcc warns of what cannot be.
SANFLAGS_coverage := --coverage -fprofile-update=atomic -Wno-error
OPT      := $(if $(SAN),$(if $(filter coverage,$(SAN)),-O0,-O1 -fno-omit-frame-pointer),-O2)
# Makes faults hard to exploit; bench/README.md has the cost. HARDEN= builds without. SECURITY.md describes it.
HARDEN   ?= $(if $(SAN),,yes)
CPU       = $(call once,CPU,$(CC) -dumpmachine | cut -d- -f1)
# For clang, glibc's fortified functions are definitions, behind which src/util/banned.h could not declare them as banned.
FORTIFY   = $(if $(filter clang%,$(notdir $(CC))),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
HARDEN_C  = $(FORTIFY) -fstack-protector-strong -fstack-clash-protection -fPIE \
            $(if $(filter x86_64,$(CPU)),-fcf-protection=full)$(if $(filter aarch64,$(CPU)),-mbranch-protection=standard)
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack
CPPFLAGS += -Isrc -D_GNU_SOURCE -DCOLDSWARM_VERSION='"$(VERSION)"' -include src/util/banned.h
CFLAGS   ?= -g
ALLFLAGS  = -std=c17 $(OPT) $(WARN) $(SANFLAGS_$(SAN)) $(CFLAGS) $(if $(HARDEN),$(HARDEN_C)) -pthread $(PKG_CFLAGS)
LDFLAGS  += $(if $(HARDEN),$(HARDEN_LD))
LDLIBS   += $(PKG_LIBS) -lhttp_parser -lm -pthread

# coldswarm-mpi, a program of its own: the only one that needs MPI.
MPICC    ?= mpicc
MPI_SRC  := $(wildcard mpi/*.c)
MPI_B    := $(B)/$(notdir $(MPICC))
MPI_OBJ  := $(MPI_SRC:%.c=$(MPI_B)/%.o)

# Text files that are part of the program: src/record/schema.sql becomes embed_record_schema_sql.
EMBEDDED   := $(wildcard src/*/*.sql src/*/*.gp src/*/*.json src/*/*.css src/*/*.js src/*/*.py scenarios/paper.json)
embed_name  = $(subst -,_,$(subst .,_,$(subst /,_,$(patsubst src/%,%,$(1)))))

# protobuf's own schema of schemas, as C: protoc-c makes it of the file that libprotobuf-dev has.
PROTO_H   := $(B)/made/google/protobuf/descriptor.pb-c.h
PROTO_C   := $(PROTO_H:.h=.c)
PROTO_DIR  = $(call once,PROTO_DIR,pkg-config --variable=includedir protobuf)
CPPFLAGS  += -isystem $(B)/made

# The services of the target's gRPC server, as descriptors, for its answers to reflection.
SERVICES  := $(B)/made/grpc_services.pb
SERVICE_PROTOS := $(wildcard scenarios/kserve.proto src/target/health.proto src/target/reflection.proto)

MAIN     := src/cli/main.c
SOURCES  := $(filter-out $(MAIN),$(wildcard src/*/*.c))
HEADERS  := $(wildcard src/*/*.h)
OBJECTS  := $(SOURCES:%.c=$(B)/%.o) $(foreach f,$(EMBEDDED),$(B)/embed/$(call embed_name,$(f)).o) $(PROTO_C:.c=.o) \
            $(if $(SERVICE_PROTOS),$(B)/embed/grpc_services.o)
UNIT     := $(wildcard tests/*/test_*.c)
UNITBIN  := $(UNIT:%.c=$(B)/%)
# Tests in C that need a tool of the second tier.
MORE     := $(wildcard tests/*/more_*.c)
MOREBIN  := $(MORE:%.c=$(B)/%)
BATS     := $(wildcard tests/*/*.bats)
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZBIN  := $(FUZZ:%=$(B)/tests/fuzz/fuzz_%)
REPLAY   := $(FUZZ:%=$(B)/tests/fuzz/replay_%)
# Knows its own service times: for make bench, and for tests of what the program says of them.
TRUTH    := $(B)/tests/support/truth
# For LD_PRELOAD: makes allocations and writes fail.
FAULTS   := $(B)/tests/torture/faults.so
# The parts that run on more than one thread, for the thread sanitiser.
THREADED := $(filter tests/record/% tests/engine/% tests/stats/test_live_table.c,$(UNIT))
C_FILES  := $(wildcard src/*/*.[ch] mpi/*.[ch] tests/*/*.[ch] bench/*.[ch] scripts/*.c)

.DELETE_ON_ERROR:
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

$(PROTO_H):
	@mkdir -p $(B)/made
	@echo "  PROTOC $@"
	@protoc-c --c_out=$(B)/made -I$(PROTO_DIR) google/protobuf/descriptor.proto
$(PROTO_C): $(PROTO_H) ;
$(PROTO_C:.c=.o): $(PROTO_C) $(B)/flags
	@echo "  CC $<"
	@$(CC) -I$(B)/made -std=c17 $(OPT) $(SANFLAGS_$(SAN)) $(CFLAGS) $(if $(HARDEN),$(HARDEN_C)) $(PKG_CFLAGS) -c -o $@ $<
GRPC      := $(wildcard src/grpc/*.[ch])
$(GRPC:%.c=$(B)/%.o) $(GRPC:%=$(B)/%.looked) $(GRPC:%=$(B)/%.alone) $(GRPC:%=tidy/%): | $(PROTO_H)

# The same program with the libraries inside, all but the C library's: with a C library of its own, it could not look up names. Debian has
# no archive of cJSON, Kerberos, SASL and p11-kit: the first is made from its source, and nothing of the others is used.
STATIC   := $(B)/static
ARCHIVES := curl nghttp2 idn2 unistring rtmp ssh2 psl ldap lber zstd brotlidec brotlicommon uv_a cjson sqlite3 microhttpd gnutls tasn1 \
            hogweed nettle gmp yaml pcre2-8 protobuf-c http_parser ssl crypto z
.PHONY: static
static: $(STATIC)/coldswarm ## build build/release/static/coldswarm, which needs no library but glibc's (scripts/install-deps static installs the archives)
$(STATIC)/coldswarm: $(B)/src/cli/main.o $(B)/libcoldswarm.a $(STATIC)/absent.o $(STATIC)/libcjson.a
	@echo "  LD $@"
	@$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@.new $(filter %.o %/libcoldswarm.a,$^) -L$(STATIC) \
	    -Wl,--start-group,-Bstatic $(ARCHIVES:%=-l%) -Wl,--end-group,-Bdynamic -lm -pthread
	@strip --strip-debug $@.new && mv $@.new $@
$(STATIC)/absent.o: scripts/absent.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(ALLFLAGS) -c -o $@ $<
$(STATIC)/libcjson.a: scripts/static-cjson
	@mkdir -p $(@D)
	@scripts/install-deps static
	@CC='$(CC)' scripts/static-cjson $(@D) $(OPT) $(CFLAGS) $(if $(HARDEN),$(HARDEN_C))

.PHONY: mpi install-mpi
mpi: $(B)/coldswarm $(MPI_B)/coldswarm-mpi ## build coldswarm-mpi, for several machines (MPICC=mpicc; Debian: libopenmpi-dev or libmpich-dev)
	@ln -sf $(notdir $(MPICC))/coldswarm-mpi $(B)/coldswarm-mpi
# $(call mpi_rule,COMPILER): its own directory, so that programs for several MPIs can be there.
define mpi_rule
$(B)/$(notdir $(1))/coldswarm-mpi: $(MPI_SRC:%.c=$(B)/$(notdir $(1))/%.o) $(B)/libcoldswarm.a
	@echo "  LD $$@"
	@$(1) $$(ALLFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
	@ln -sf ../coldswarm $$(@D)/coldswarm
$(B)/$(notdir $(1))/mpi/%.o: mpi/%.c $(B)/flags
	@command -v $(1) >/dev/null || { echo "there is no $(1); install libopenmpi-dev or libmpich-dev, or set MPICC" >&2; exit 1; }
	@mkdir -p $$(@D)
	@echo "  $(notdir $(1)) $$<"
	@$(1) $$(CPPFLAGS) -Impi $$(ALLFLAGS) -MMD -MP -c -o $$@ $$<
endef
$(foreach c,$(sort mpicc.openmpi mpicc.mpich $(MPICC)),$(eval $(call mpi_rule,$(c))))

define embed_rule
$(B)/embed/$(call embed_name,$(1)).o: $(1) scripts/embed $(B)/flags
	@mkdir -p $$(@D)
	@scripts/embed $(1) embed_$(call embed_name,$(1)) | $(CC) $$(if $$(HARDEN),$$(HARDEN_C)) -c -x assembler-with-cpp -o $$@ -
endef
$(foreach f,$(EMBEDDED),$(eval $(call embed_rule,$(f))))

$(SERVICES): $(SERVICE_PROTOS)
	@mkdir -p $(@D)
	@echo "  PROTOC $@"
	@sed 's/^package grpc.reflection.v1;/package grpc.reflection.v1alpha;/' src/target/reflection.proto >$(@D)/reflection_alpha.proto
	@protoc-c --descriptor_set_out=$@ -Ikserve.proto=scenarios/kserve.proto -Igrpc/health/v1/health.proto=src/target/health.proto \
	    -Igrpc/reflection/v1/reflection.proto=src/target/reflection.proto \
	    -Igrpc/reflection/v1alpha/reflection.proto=$(@D)/reflection_alpha.proto \
	    kserve.proto grpc/health/v1/health.proto grpc/reflection/v1/reflection.proto grpc/reflection/v1alpha/reflection.proto
$(B)/embed/grpc_services.o: $(SERVICES) scripts/embed $(B)/flags
	@mkdir -p $(@D)
	@scripts/embed $(SERVICES) embed_grpc_services | $(CC) $(if $(HARDEN),$(HARDEN_C)) -c -x assembler-with-cpp -o $@ -

# $(call remember,TEXT): writes the text to the target, which becomes new only when the text has changed.
remember = mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@

$(B)/flags: FORCE
	@$(call remember,$(CC) $(CPPFLAGS) $(ALLFLAGS) $(LDFLAGS) $(LDLIBS))
$(B)/members: FORCE
	@$(call remember,$(OBJECTS))
.PHONY: FORCE
FORCE:

# $(call link_test,SOURCES,MORE FLAGS): a test's program from its source and the library, by a quick linker.
QUICK_LD := $(if $(filter fuzz,$(SAN)),,$(if $(shell command -v ld.gold),-fuse-ld=gold))
link_test = $(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) $(QUICK_LD) $(2) $(LDFLAGS) -o $@ $(1) $(B)/libcoldswarm.a -lcmocka $(LDLIBS)

# The tests of a folder are one program, tests/support/each.c; a link with the name of a file runs that file's main. So linking takes
# little, and a file can be run, debugged and crash by itself. All that a file defines stays its own, but for its main.
ENTRY     = main_of_$(*F)
$(B)/tests/%.o: tests/%.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) -MMD -MP -c -o $@ $<
	@objcopy --redefine-sym $(if $(filter fuzz_%,$(*F)),LLVMFuzzerTestOneInput,main)=$(ENTRY) --keep-global-symbol=$(ENTRY) $@

# $(call each_rule,PROGRAM,SOURCE OF ITS MAIN,FILES,LINKS)
define each_rule
$(1): $(2) $(3:%.c=$(B)/%.o) $(B)/libcoldswarm.a
	@echo "  LD $$@"
	@$$(call link_test,$$(filter %.c %.o,$$^),-DTESTS='$(patsubst %.c,TEST(%),$(notdir $(3)))')
$(4): $(1)
	@ln -sf $(notdir $(1)) $$@
endef
$(foreach d,$(sort $(dir $(UNIT) $(MORE))),$(eval $(call each_rule,$(B)/$(d)all,tests/support/each.c,$(filter $(d)%,$(UNIT) $(MORE)),\
    $(filter $(B)/$(d)%,$(UNITBIN) $(MOREBIN)))))
$(eval $(call each_rule,$(B)/tests/fuzz/all,tests/fuzz/replay.c,$(FUZZ:%=tests/fuzz/fuzz_%.c),$(REPLAY)))

$(B)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(call link_test,$<,-MMD -MP -MF $@.d -fsanitize=fuzzer)

$(B)/tests/%: tests/%.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(call link_test,$<,-MMD -MP -MF $@.d)

$(FAULTS): tests/torture/faults.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) -std=c17 -O2 $(WARN) -shared -fPIC -o $@ $< -pthread

# What `make test` runs. There are two tiers, check and more: to the second belong the bats tests with the tag `more` and the files
# tests/*/more_*.c. TIER=all is both. A bats test with the tag `plain` is not for sanitisers. `make check` runs each test once: TIER=plain, and
# with SAN=address what reads untrusted input. TIER=rest is for SAN=address: what the second tier runs under it. The longest test, a simulation,
# comes first, so that it does not end alone.
TIER      ?= check
TRANSPORT ?=
T         ?=
TEST_JOBS ?= 1
# $(call of_tier,FOR CHECK,FOR MORE)
of_tier         = $(if $(filter check plain all,$(TIER)),$(1)) $(if $(filter more all rest,$(TIER)),$(2))
# $(call with_tag,TAG): the bats files with such tests. $(call tagged,TAGS,SUITES): of these, the tests with the tags.
with_tag        = $(shell grep -lE '^\# bats (test|file)_tags=(.*,)?$(1)\b' $(BATS))
tagged          = $(patsubst %,TAGS=$(1)$(comma)%,$(2))
TAGGED         := $(if $(filter more,$(TIER)),$(call with_tag,more))
FOREIGN        := checked codings convert convert_counts convert_curl convert_har convert_locust convert_log convert_modules convert_openapi convert_postman convert_shell csv endless export hostile hostile_files import merge names paths scrape served unsendable validate web_start
FOREIGN        := $(filter $(FOREIGN:%=tests/cli/%.bats),$(BATS))
FIRST          := $(if $(filter plain,$(TIER)),$(filter-out $(FOREIGN),$(BATS)) $(call tagged,plain,$(filter $(FOREIGN),$(call with_tag,plain))),$(BATS))
SUITES         := $(call of_tier,,$(MOREBIN)) $(call of_tier,$(FIRST),$(TAGGED)) $(call of_tier,$(UNITBIN))
# `auto` takes the direct transport where it can. What sends requests is tested with libcurl too: in the second tier, under ASan. Not what asks
# how a file of rows is read or a command line is understood, what takes both by itself, nor gRPC, which libcurl has not.
READING        := addresses cloudrun_gpu clocks cluster compare convert_log csv dialects gate grpc help html http2 import locust report shard_options stream_figures stream_report streams validate_hosts web_start
SENDING        := $(filter-out $(READING:%=tests/cli/%.bats),$(if $(SAN)$(TRANSPORT),$(shell grep -lE 'COLDSWARM" run ' $(filter tests/cli/%,$(BATS)))))
# Under ASan too, but with the direct transport: the protocols, the target, MPI and what lacks memory. `make sanitize` runs all but the tests of
# scripts, documents and pictures, and simulations: what they compute with has its unit tests.
DIRECT         := $(wildcard $(patsubst %,tests/cli/%.bats,addresses connections grpc http2 shard_options streams target tls_files)) \
                  $(filter %/mpi.bats %/servers.bats %/llm.bats %/slices.bats,$(BATS))
MORE_address   := $(filter-out %/more_simulation,$(MOREBIN))
FIRST_address  := $(if $(T),$(BATS),$(FOREIGN)) $(UNITBIN) $(REPLAY)
REST_address   := $(MORE_address) $(DIRECT) $(call tagged,!more$(comma)COLDSWARM_TRANSPORT=curl,$(SENDING))
PLAIN          := ci completion formats_docs latex run_file_docs scenarios_docs svg_names
ALL_address    := $(MORE_address) $(filter-out tests/scripts/% $(PLAIN:%=tests/cli/%.bats),$(BATS)) $(UNITBIN) $(REPLAY)
SUITES_address := $(if $(filter check,$(TIER)),$(FIRST_address),$(if $(filter rest,$(TIER)),$(REST_address),$(ALL_address)))
SUITES_thread  := $(call of_tier,,$(filter %/export.bats %/flows.bats %/locust_web.bats %/open.bats %/run.bats %/steer.bats %/web.bats %/web_start.bats,$(BATS))) $(THREADED:%.c=$(B)/%)
SUITES_coverage := $(SUITES)
SUITES         := $(if $(SAN),$(SUITES_$(SAN)),$(SUITES))
SUITES         := $(if $(TRANSPORT),$(SENDING:%=COLDSWARM_TRANSPORT=$(TRANSPORT)$(comma)%),$(SUITES))
WANTED         := $(strip $(if $(T),$(foreach s,$(SUITES),$(if $(findstring $(T),$(s)),$(s))),$(SUITES)))
TAGS           := $(if $(filter check plain,$(TIER)),!more)$(if $(filter more,$(TIER)),more)$(if $(SAN),$(if $(filter all rest,$(TIER)),,$(comma))!plain)
RUN_TESTS      := COLDSWARM=$(B)/coldswarm TSAN_OPTIONS=$(addprefix suppressions=,$(wildcard tests/tsan.supp)) \
                  scripts/run-tests --jobs $(TEST_JOBS) $(if $(TAGS),--tags '$(TAGS)') $(if $(filter thread,$(SAN)),--without-aslr)

.PHONY: unit tests test warnings warnings-tests
unit: $(UNITBIN)
warnings: $(patsubst %,$(B)/%.looked,$(SOURCES) $(MAIN)) warnings-tests ## print the compiler's warnings for sources and tests, without building (CC=clang)
warnings-tests: $(patsubst %,$(B)/%.looked,$(UNIT) $(MORE) $(FUZZ:%=tests/fuzz/fuzz_%.c))
$(B)/%.c.looked: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) -MMD -MP -MF $@.d -MT $@ -fsyntax-only $< && touch $@
PROGRAM  := $(B)/coldswarm $(TRUTH) $(call of_tier,,$(FAULTS))
# The fuzz targets too, so that they are compiled as often as the rest; their corpora are replayed where memory is watched.
# With both MPIs of Debian.
MPI_TESTED := $(if $(filter-out address,$(SAN))$(TRANSPORT),,$(call of_tier,,$(B)/mpicc.openmpi/coldswarm-mpi $(B)/mpicc.mpich/coldswarm-mpi))
tests: $(PROGRAM) $(MPI_TESTED) $(filter $(B)/%,$(SUITES)) $(if $(filter thread,$(SAN)),,$(REPLAY))
test: $(PROGRAM) $(if $(filter tests/mpi/%,$(WANTED)),$(MPI_TESTED)) $(filter $(B)/%,$(WANTED)) ## build and run the tests: all, or those with T=word in their path (TIER=more or all, SAN=address or thread, TRANSPORT=curl)
	@$(if $(WANTED),$(RUN_TESTS) $(WANTED),$(if $(T),echo "no suite has '$(T)' in its path" >&2; exit 1,echo "0 passed$(comma) 0 failed$(comma) 0 skipped"))

.PHONY: check check-more sanitize
check: ## install what is missing; layout, layers, build, every test once, under ASan and UBSan where input is untrusted
	@scripts/check
check-more: ## install more; sanitisers where requests are sent, both transports, lint, clang, LaTeX, browsers, real servers
	@scripts/check more
sanitize: ## the sanitisers of both tiers: every test under ASan and UBSan, the threaded ones under TSan
	@scripts/check sanitize

# The parts of it: those of scripts/torture. SOAK: how long the last one goes on.
TORTURE  ?=
.PHONY: torture torture-tools
torture-tools: $(B)/coldswarm $(FAULTS) $(B)/tests/torture/readers
torture: ## hours of faults: memory, disk, power, network, clocks, hostile files, 50 000 users (TORTURE="writes power", SOAK=2h; docs/reliability.md)
	@scripts/torture $(TORTURE)

.PHONY: check-classifier
check-classifier: $(B)/coldswarm ## test the service in examples/classifier (scripts/install-deps classifier installs what it needs)
	@COLDSWARM=$(B)/coldswarm scripts/run-tests --jobs $(TEST_JOBS) examples/classifier/test_app.py examples/classifier/test_reproduce.bats

FUZZ_SECONDS ?= 30
# 0: another each time. make check-more has one, so that it does not pass or fail by chance.
FUZZ_SEED    ?= 0
FUZZED       := $(FUZZ:%=fuzzed/%)
.PHONY: fuzz fuzz-run $(FUZZED)
fuzz: ## look for crashes with libFuzzer, FUZZ_SECONDS=30 for each target; with -j2, two at a time
	@$(MAKE) --no-print-directory CC=clang SAN=fuzz fuzz-run
fuzz-run: $(FUZZED)
$(FUZZED): fuzzed/%: $(B)/tests/fuzz/fuzz_%
	@mkdir -p $(B)/found/$*
	@$< -seed=$(FUZZ_SEED) -max_total_time=$(FUZZ_SECONDS) -timeout=60 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(B)/found/$*- $(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) $(B)/found/$* tests/fuzz/corpus/$* \
	    >$(B)/found/$*.log 2>&1 || { cat $(B)/found/$*.log; echo "fuzz $*: FAILED"; exit 1; }
	@echo "fuzz $*: $$(sed -n 's/^stat::number_of_executed_units: *//p' $(B)/found/$*.log) inputs in $(FUZZ_SECONDS) s"

# COVER: the folders of src whose lines are named, each that no test took; T and TIER as for test.
COVER     ?=
.PHONY: coverage
coverage: ## which lines and branches of src the tests take, by folder (T=word, TIER=all; COVER="engine record" names the lines that none takes)
	@scripts/install-deps check
	@$(MAKE) --no-print-directory SAN=coverage tests
	@find build/coverage -name '*.gcda' -delete
	@$(MAKE) --no-print-directory SAN=coverage test || echo "coverage: tests failed; the numbers are of what ran" >&2
	@scripts/coverage $(COVER:%=--folder %)

.PHONY: format format-check
format: ## lay out the C sources with clang-format
	@clang-format -i $(C_FILES)
format-check: ## show what format would change
	@clang-format --dry-run -Werror $(C_FILES)

.PHONY: layers layers-source headers
layers: $(OBJECTS) $(B)/src/cli/main.o headers ## check includes and dependencies (src/LAYERS, src/EXCEPTIONS), and sizes
	@scripts/check-layers src $(B)
layers-source: ## the same without building anything
	@scripts/check-layers
headers: $(HEADERS:%=$(B)/%.alone)
$(B)/%.h.alone: %.h $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALLFLAGS) -fsyntax-only -x c $< && touch $@

TIDY     := $(SOURCES:%=tidy/%) tidy/$(MAIN)
MPI_TIDY := $(MPI_SRC:%=tidy/%)
.PHONY: lint $(TIDY) $(MPI_TIDY) cppcheck python-check
lint: $(TIDY) $(MPI_TIDY) cppcheck python-check ## clang-tidy with clang's own warnings and a brief analysis, cppcheck, and a syntax check of the Python files
# clang's analyzer stops early here: to the end, it takes some ten times as long. That is for make analyze.
BRIEF    := $(patsubst %,--extra-arg=%,-Xclang -analyzer-config -Xclang max-nodes=30000)
$(TIDY): tidy/%: | build
	@echo "  TIDY $*"
	@clang-tidy --quiet $(BRIEF) $* -- -std=c17 $(WARN) $(CPPFLAGS) $(PKG_CFLAGS) 2>build/tidy.$(subst /,_,$*) || { cat build/tidy.$(subst /,_,$*); exit 1; }
# The checker for MPI wants each request to be waited for in the function that made it.
$(MPI_TIDY): tidy/%: | build
	@echo "  TIDY $*"
	@clang-tidy --quiet $(BRIEF) --checks=-clang-analyzer-optin.mpi.MPI-Checker $* -- -std=c17 $(WARN) $(CPPFLAGS) -Impi $(PKG_CFLAGS) \
	    $$(mpicc.openmpi --showme:compile | sed 's/-I/-isystem /g') 2>build/tidy.$(subst /,_,$*) || { cat build/tidy.$(subst /,_,$*); exit 1; }
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

# The deep pass. Each analyser writes what it finds of a source into a file; scripts/analysed shows what src/FINDINGS does not explain. gcc's
# goes over each source three times, because optimisation changes which paths it sees. clang's has more steps than in lint, and more checkers.
FOUND      := build/analysed
DEEP       := $(SOURCES) $(MAIN) $(MPI_SRC)
DEEP_LEVEL := O0 O2 Os
DEEP_CLANG := core unix deadcode nullability security valist optin.portability alpha.core.BoolAssignment \
    alpha.core.CastSize alpha.core.IdenticalExpr alpha.core.SizeofPtr alpha.core.StackAddressAsyncEscape alpha.core.TestAfterDivZero \
    alpha.deadcode.UnreachableCode alpha.security alpha.unix
DEEP_FLAGS  = -std=c17 -pthread $(CPPFLAGS) $(PKG_CFLAGS) $(if $(filter mpi/%,$<),-Impi $(MPI_CFLAGS)) -MMD -MP -MF $@.d -MT $@
MPI_CFLAGS  = $(call once,MPI_CFLAGS,mpicc.openmpi --showme:compile | sed 's/-I/-isystem /g')
.PHONY: analyze analyze-deep
analyze: ## the deep pass of the analysers of gcc and clang, and of cppcheck with all checks, over all sources
	@scripts/install-deps check-more
	@$(MAKE) --no-print-directory analyze-deep
analyze-deep: $(foreach t,$(DEEP_LEVEL) clang,$(DEEP:%=$(FOUND)/%.$(t))) $(FOUND)/cppcheck
	@scripts/analysed $(FOUND) src/FINDINGS
define deep_rule
$(FOUND)/%.c.$(1): %.c $(PROTO_H)
	@mkdir -p $$(@D)
	@echo "  ANALYSE -$(1) $$<"
	@LC_ALL=C gcc $$(DEEP_FLAGS) -$(1) -fanalyzer -fno-diagnostics-show-caret -fdiagnostics-path-format=none -c -o /dev/null $$< 2>$$@ || { cat $$@; exit 1; }
endef
$(foreach l,$(DEEP_LEVEL),$(eval $(call deep_rule,$(l))))
$(FOUND)/%.c.clang: %.c $(PROTO_H)
	@mkdir -p $(@D)
	@echo "  ANALYSE clang $<"
	@clang --analyze -w --analyzer-no-default-checks --analyzer-output text $(DEEP_CLANG:%=-Xclang -analyzer-checker=%) -Xclang -analyzer-config \
	    -Xclang mode=deep,max-nodes=900000 $(DEEP_FLAGS) $< 2>$@ || { cat $@; exit 1; }
$(FOUND)/cppcheck: $(DEEP) $(HEADERS) $(wildcard mpi/*.h)
	@mkdir -p $(@D)
	@echo "  ANALYSE cppcheck"
	@cppcheck --quiet --enable=all --std=c11 --inline-suppr --suppress=missingIncludeSystem --template='{file}:{line}:{column}: warning: {message} [{id}]' \
	    -D_GNU_SOURCE -DCOLDSWARM_VERSION='"$(VERSION)"' -Isrc -Impi src mpi 2>$@

.PHONY: demo
demo: ## install, build, test the built-in target for half a minute and write a report
	@scripts/demo

.PHONY: demo-llm
demo-llm: ## install, build, test a language model behind the local Cloud Run and write a report
	@scripts/demo llm

SWEEP    := $(B)/bench/capacity_sweep
$(SWEEP): bench/capacity_sweep.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(B)/libcoldswarm.a $(LDLIBS)
.PHONY: bench
bench: $(B)/coldswarm $(TRUTH) $(SWEEP) ## install other load generators; compare cost and accuracy with theirs (BENCH="--only truth --rounds 3")
	@scripts/install-deps bench
	@bench/bench.py $(BENCH)

.PHONY: paper-example
paper-example: $(B)/coldswarm ## typeset examples/paper from a run of ten seconds (scripts/install-deps paper installs what it needs)
	@$(MAKE) --no-print-directory -C examples/paper COLDSWARM=$(abspath $(B)/coldswarm)
	@echo "examples/paper/paper.pdf"

# ROWS: requests in the file; THAN: another build to compare with.
ROWS     ?= 1000000
.PHONY: bench-report
bench-report: $(B)/coldswarm ## time and memory of reports of a large run file (ROWS=10000000 THAN=/another/coldswarm)
	@test -e $(B)/rows-$(ROWS).db || python3 bench/make_run_file.py $(B)/rows-$(ROWS).db $(ROWS)
	@bench/report.py $(B)/rows-$(ROWS).db $(THAN) $(B)/coldswarm

STATS    := $(B)/bench/compare_stats
$(STATS): bench/compare_stats.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(ALLFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(B)/libcoldswarm.a $(LDLIBS)

.PHONY: bench-stats
bench-stats: $(B)/coldswarm $(STATS) ## how often compare is wrong, and what it finds: simulated, then real runs (PAIRS=500)
	@bench/stats.py --simulation $(STATS) --coldswarm $(B)/coldswarm --pairs $(or $(PAIRS),500)

.PHONY: install-deps
install-deps: ## install the Debian packages that building and make check need
	@scripts/install-deps check

# coldswarm(1), and a page for each command.
MAN      := $(B)/man/coldswarm.1 $(patsubst src/cli/cmd_%.c,$(B)/man/coldswarm-%.1,$(wildcard src/cli/cmd_*.c))
$(MAN): $(B)/man/coldswarm%.1: $(B)/coldswarm
	@mkdir -p $(@D)
	@$< help --man $(*:-%=%) >$@.new && mv $@.new $@
COMPLETE := $(addprefix $(B)/coldswarm.,bash zsh fish)
$(COMPLETE): $(B)/coldswarm.%: $(B)/coldswarm
	@$< completion $* >$@.new && mv $@.new $@

SHARE    := $(DESTDIR)$(PREFIX)/share
# Where zsh looks: programs of the system have a folder of their own.
ZSH_SITE := $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
DOCS     := $(wildcard README.md ARCHITECTURE.md SECURITY.md LICENSE)
.PHONY: install uninstall
install: $(B)/coldswarm $(MAN) $(COMPLETE) ## install into PREFIX (/usr/local), staged in DESTDIR
	@install -D -m 755 $(B)/coldswarm $(DESTDIR)$(PREFIX)/bin/coldswarm
	@install -d $(SHARE)/man/man1
	@install -m 644 $(MAN) $(SHARE)/man/man1
	@install -D -m 644 $(B)/coldswarm.bash $(SHARE)/bash-completion/completions/coldswarm
	@install -D -m 644 $(B)/coldswarm.zsh $(SHARE)/zsh/$(ZSH_SITE)/_coldswarm
	@install -D -m 644 $(B)/coldswarm.fish $(SHARE)/fish/vendor_completions.d/coldswarm.fish
	@install -d $(SHARE)/coldswarm $(SHARE)/doc/coldswarm
	@install -m 644 $(DOCS) $(SHARE)/doc/coldswarm
	@cp -R docs $(SHARE)/doc/coldswarm/ && chmod -R u=rwX,go=rX $(SHARE)/doc/coldswarm
	@if [ -d scenarios ]; then cp -R scenarios $(SHARE)/coldswarm/ && chmod -R u=rwX,go=rX $(SHARE)/coldswarm; fi
	@echo "installed $(DESTDIR)$(PREFIX)/bin/coldswarm"
install-mpi: $(MPI_B)/coldswarm-mpi $(B)/man/coldswarm-mpi.1 ## install coldswarm-mpi next to coldswarm (MPICC, PREFIX and DESTDIR as above)
	@install -D -m 755 $(MPI_B)/coldswarm-mpi $(DESTDIR)$(PREFIX)/bin/coldswarm-mpi
	@install -D -m 644 $(B)/man/coldswarm-mpi.1 $(SHARE)/man/man1/coldswarm-mpi.1
	@echo "installed $(DESTDIR)$(PREFIX)/bin/coldswarm-mpi"
$(B)/man/coldswarm-mpi.1: $(MPI_B)/coldswarm-mpi
	@mkdir -p $(@D)
	@$< --man >$@.new && mv $@.new $@
uninstall: ## remove what install and install-mpi wrote
	@rm -rf $(SHARE)/coldswarm $(SHARE)/doc/coldswarm
	@rm -f $(DESTDIR)$(PREFIX)/bin/coldswarm $(DESTDIR)$(PREFIX)/bin/coldswarm-mpi $(SHARE)/man/man1/coldswarm.1 $(SHARE)/man/man1/coldswarm-*.1 \
	    $(SHARE)/bash-completion/completions/coldswarm $(SHARE)/zsh/$(ZSH_SITE)/_coldswarm $(SHARE)/fish/vendor_completions.d/coldswarm.fish

DIST     := build/coldswarm-$(VERSION).tar.gz
.PHONY: dist deb
dist: ## the sources of the last commit as build/coldswarm-VERSION.tar.gz; the same commit gives the same bytes
	@git diff --quiet HEAD || echo "dist: what is not committed is not in it" >&2
	@mkdir -p build
	@git archive --format=tar --prefix=coldswarm-$(VERSION)/ HEAD | gzip -9n >$(DIST).new && mv $(DIST).new $(DIST)
	@echo $(DIST)
deb: dist ## Debian packages of the last commit, in build/deb; installs what building them needs
	@scripts/deb $(DIST) $(VERSION)

.PHONY: clean
clean: ## remove build/
	@rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

-include $(patsubst %.c,$(B)/%.d,$(UNIT) $(MORE) $(FUZZ:%=tests/fuzz/fuzz_%.c)) $(patsubst %,$(B)/%.looked.d,$(SOURCES) $(MAIN) $(UNIT) $(MORE) $(FUZZ:%=tests/fuzz/fuzz_%.c))
-include $(wildcard $(B)/mpicc*/mpi/*.d) $(MPI_OBJ:.o=.d)
-include $(wildcard $(FOUND)/*/*.d $(FOUND)/*/*/*.d)
-include $(OBJECTS:.o=.d) $(B)/src/cli/main.d $(FUZZBIN:=.d) $(TRUTH).d $(STATS).d
