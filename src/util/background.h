/*
 * background: threads that yield to those that send requests.
 *
 * Thread: any; it is about the calling one.
 */
#ifndef UTIL_BACKGROUND_H
#define UTIL_BACKGROUND_H

/* From now on the calling thread has a lower priority. */
void background_thread(void);

#endif
