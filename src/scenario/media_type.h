/*
 * media_type: what kind of content a file most likely has.
 *
 * It goes by the end of the name and looks at no file. Thread: any.
 */
#ifndef SCENARIO_MEDIA_TYPE_H
#define SCENARIO_MEDIA_TYPE_H

/* "image/png" for "a.PNG"; "application/octet-stream" where the end says nothing. Constant. */
const char *media_type(const char *file);

#endif
