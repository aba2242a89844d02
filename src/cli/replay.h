/*
 * replay: what a run file keeps of a run so that it can be made again: its options, its scenario,
 * the hashes of its files.
 *
 * In the manifest: `replay` (the version of this), `option_NAME` for each option that was given by
 * command line or environment and decides what is sent (`option_NAME_2` … where it repeats),
 * `scenario_folder`, and `file_sha256:PATH` for each body file. The scenario's text, the seed and
 * the version are in the row `run`. Values from the environment (${env.NAME}) were never there:
 * they are read from the environment again.
 *
 * Ownership: replay_open() allocates, replay_free(NULL) is fine. Thread: main.
 */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include "cli/command.h"
#include "cli/manifest.h"
#include "scenario/scenario.h"
#include "util/buf.h"
#include "util/err.h"

struct replay;

/* Adds it. `from` is the replay that the scenario comes from; NULL: it comes from its file. */
void replay_describe(struct manifest *m, const struct args *a, const struct scenario *s,
                     const struct replay *from);

/* Reads it; fails where the file does not have it. */
int replay_open(const char *path, struct replay **out, struct err *e);
void replay_free(struct replay *p);

/* The recorded options, and --seed. They live as long as the replay. */
size_t replay_options(const struct replay *p, const struct args_option **out);

/* Appends the command line that has all of it but the scenario's text: `coldswarm run FILE --users
 * 5 --seed 7`. */
void replay_command(const struct replay *p, struct buf *out);

/* The recorded scenario, with the environment of now. */
int replay_scenario(const struct replay *p, struct scenario **out, struct err *e);

/* Appends a line for each thing that is not as it was: an option that `a` gives otherwise, a file
 * that has changed or was not read, another version. */
void replay_differences(const struct replay *p, const struct args *a, const struct scenario *s,
                        struct buf *out);

/* Appends a text so that a shell takes it as one word; a URL without its user and password. */
void replay_word(struct buf *out, const char *text);

#endif
