/*
 * media_type: the likely media type of a file.
 *
 * It uses the file name's suffix and does not open the file. Thread: any.
 */
#ifndef SCENARIO_MEDIA_TYPE_H
#define SCENARIO_MEDIA_TYPE_H

/* Returns "image/png" for "a.PNG", and "application/octet-stream" for unknown suffixes. The
 * string is constant. */
const char *media_type(const char *file);

#endif
