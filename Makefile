# coldswarm: `make demo` to see it, `make check` to test it; `make help` lists the rest.
#
# One build directory per kind of build: build/release, and with SAN=address or SAN=thread build/address, build/thread.

CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr/local
DESTDIR  ?=
SAN      ?=
VERSION  := 0.1.0

PACKAGES := libcurl libuv libcjson sqlite3 libmicrohttpd openssl
MISSING  := $(if $(filter-out clean help format demo check,$(or $(MAKECMDGOALS),all)),$(shell scripts/missing-packages $(PACKAGES)))
ifneq ($(strip $(MISSING)),)
$(error missing: $(MISSING). Run scripts/install-deps (Debian, as root) and try again)
endif

B        := build/$(if $(SAN),$(SAN),$(if $(filter clang%,$(notdir $(CC))),clang,release))

WARN     := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings \
            -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion
comma    := ,
SANFLAGS := $(if $(filter address,$(SAN)),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all)$(if $(filter thread,$(SAN)),-fsanitize=thread)
OPT      := $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)
CPPFLAGS += -Isrc -D_GNU_SOURCE -DCOLDSWARM_VERSION='"$(VERSION)"' -include src/util/banned.h
CFLAGS   ?= -g
ALLFLAGS  = -std=c17 $(OPT) $(WARN) $(SANFLAGS) $(CFLAGS) -pthread $(shell pkg-config --cflags $(PACKAGES))
LDLIBS   += $(shell pkg-config --libs $(PACKAGES)) -lm -pthread

# Text files that the program carries inside: src/record/schema.sql becomes embed_record_schema_sql.
EMBEDDED := $(wildcard src/*/*.sql src/*/*.gp) scenarios/paper.json
EMBEDDED := $(wildcard $(EMBEDDED))
embed_name = $(subst -,_,$(subst .,_,$(subst /,_,$(patsubst src/%,%,$(1)))))

MAIN     := src/cli/main.c
SOURCES  := $(filter-out $(MAIN),$(wildcard src/*/*.c))
OBJECTS  := $(SOURCES:%.c=$(B)/%.o) $(foreach f,$(EMBEDDED),$(B)/embed/$(call embed_name,$(f)).o)
UNIT     := $(wildcard tests/*/test_*.c)
UNITBIN  := $(UNIT:%.c=$(B)/%)

.PHONY: all
all: $(B)/coldswarm

$(B)/coldswarm: $(B)/src/cli/main.o $(B)/libcoldswarm.a
	@echo "  LD $@"
	@$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libcoldswarm.a: $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(ALLFLAGS) -MMD -MP -c -o $@ $<

define embed_rule
$(B)/embed/$(call embed_name,$(1)).o: $(1) scripts/embed
	@mkdir -p $$(@D)
	@scripts/embed $(1) embed_$(call embed_name,$(1)) | $(CC) -c -x assembler -o $$@ -
endef
$(foreach f,$(EMBEDDED),$(eval $(call embed_rule,$(f))))

$(B)/tests/%: tests/%.c $(B)/libcoldswarm.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) -Itests $(ALLFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(B)/libcoldswarm.a -lcmocka $(LDLIBS)

.PHONY: unit
unit: $(UNITBIN)

.PHONY: clean
clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(B)/src/cli/main.d $(UNITBIN:=.d)
