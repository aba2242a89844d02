/*
 * replay: what a run file stores so that the run can be repeated: its options, its scenario, the
 * hashes of its files.
 *
 * The manifest has: `replay` (the version of this format); `option_NAME` for each option from the
 * command line or environment that affects what is sent (`option_NAME_2` … if it is repeated);
 * `scenario_folder`; and `file_sha256:PATH` for each file of bodies or rows. The scenario's text,
 * the seed and the version are in the row `run`. Values from the environment (${env.NAME}) are not
 * stored: they are read from the environment again.
 *
 * Ownership: replay_open() allocates; replay_free(NULL) is allowed. Thread: main.
 */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include "cli/command.h"
#include "cli/manifest.h"
#include "scenario/scenario.h"
#include "util/buf.h"
#include "util/err.h"

struct replay;

/* Adds these to a manifest. `from` is the replay that the scenario comes from; NULL: it comes
 * from its file. */
void replay_describe(struct manifest *m, const struct args *a, const struct scenario *s,
                     const struct replay *from);

/* Reads them from a run file. Fails if the file has none. */
int replay_open(const char *path, struct replay **out, struct err *e);
void replay_free(struct replay *p);

/* The recorded options, and --seed. Valid as long as the replay. */
size_t replay_options(const struct replay *p, const struct args_option **out);

/* Appends a command line with everything except the scenario's text: `coldswarm run FILE --users
 * 5 --seed 7`. */
void replay_command(const struct replay *p, struct buf *out);

/* Loads the recorded scenario with the current environment. */
int replay_scenario(const struct replay *p, struct scenario **out, struct err *e);

/* Appends a line for each difference from the recorded run: an option with another value in `a`,
 * a file that has changed or was not read, another version. */
void replay_differences(const struct replay *p, const struct args *a, const struct scenario *s,
                        struct buf *out);

/* Appends a text quoted as one word for a shell. For a URL, user and password are removed. */
void replay_word(struct buf *out, const char *text);

#endif
