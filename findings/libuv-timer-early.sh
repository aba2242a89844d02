#!/bin/bash
# Package:   libuv1 1.44.2-1+deb12u1 (Debian 12)
# Behaviour: uv_timer_start() counts from the loop's own time, which is a whole number of milliseconds and as old as the turn of the
#            loop. So a timer is early by the work that came before it in the same callback of a file descriptor, and fires at once if
#            that took longer than the timer. Right behind uv_update_time() it is still early, by up to a millisecond, if anything else
#            wakes the loop meanwhile, such as another timer, because the fraction of the time is cut off. Alone it is not: epoll_wait()
#            waits for the whole time.
# Seen:      after 5 ms of work in a callback, a timer of 4 ms fired at once (0.0 ms), and one of 20 ms after 15 ms. Right behind
#            uv_update_time(), of 200 timers of 3 ms none was early alone; beside a timer that repeats each millisecond, 15 were, by
#            up to 1.0 ms. With one millisecond more none was.
# Everything it installs goes into a throw-away layer over / in a temporary folder (an overlay; needs root): the system stays as it is.
if [ -z "${IN_LAYER:-}" ]; then
    LAYER=$(mktemp -d); export LAYER IN_LAYER=1; code=0
    unshare --mount --fork --kill-child bash -euc '
        mount -t tmpfs tmpfs "$LAYER"; mkdir "$LAYER/up" "$LAYER/work" "$LAYER/root"
        mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER/up,workdir=$LAYER/work" "$LAYER/root"
        for d in dev proc sys; do mount --rbind "/$d" "$LAYER/root/$d"; done
        printf "#!/bin/sh\nexit 101\n" >"$LAYER/root/usr/sbin/policy-rc.d"; chmod +x "$LAYER/root/usr/sbin/policy-rc.d"
        cp "$0" "$LAYER/root/tmp/finding.sh"; exec chroot "$LAYER/root" /bin/bash /tmp/finding.sh' "$0" || code=$?
    rmdir "$LAYER"; exit "$code"
fi
set -eu
package=libuv1 version=1.44.2-1+deb12u1
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
dev=$(dpkg-query -W -f '${Version}' libuv1-dev 2>/dev/null || true)
[ "$have $dev" = "$version $version" ] && command -v gcc >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        $package=$version libuv1-dev=$version gcc libc6-dev >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/early.c" <<'END'
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static double began, took;
static int work_us, timeout_ms, update;
static uv_timer_t timer, other;

static double now_ms(void) {
    return (double)uv_hrtime() / 1e6;
}

static void passed(uv_timer_t *t) {
    (void)t;
    took = now_ms() - began;
}

/* A callback for a file descriptor, as for a socket that can be read: it works, then sets a timer. */
static void work(uv_async_t *a) {
    double from = now_ms();
    while (now_ms() - from < work_us / 1e3)
        continue;
    began = now_ms();
    if (update)
        uv_update_time(a->loop);
    uv_timer_start(&timer, passed, (uint64_t)timeout_ms, 0);
    uv_unref((uv_handle_t *)a);
}

static void tick(uv_timer_t *t) {
    (void)t;
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* WORK_US TIMEOUT_MS UPDATE EXTRA_MS TIMES OTHER: the least time and the median that the timer took, and how many took less than TIMEOUT_MS. */
int main(int argc, char **argv) {
    uv_loop_t *loop = uv_default_loop();
    uv_async_t first;
    static double all[1000];
    if (argc != 7) return 2;
    int early = 0, times = atoi(argv[5]), asked = atoi(argv[2]);
    
    timeout_ms = asked + atoi(argv[4]);
    update = atoi(argv[3]);
    uv_async_init(loop, &first, work);
    uv_timer_init(loop, &timer);
    uv_timer_init(loop, &other);
    if (atoi(argv[6])) {
        uv_timer_start(&other, tick, 1, 1);
        uv_unref((uv_handle_t *)&other);
    }
    for (int i = 0; i < times; i++) {
        work_us = atoi(argv[1]) + 37 * i % 1000; /* at all fractions of a millisecond */
        uv_ref((uv_handle_t *)&first);
        uv_async_send(&first);
        uv_run(loop, UV_RUN_DEFAULT);
        early += took < asked;
        all[i] = took;
    }
    qsort(all, (size_t)times, sizeof *all, by_size);
    printf("%.1f %.1f %d\n", all[0], all[times / 2], early);
    return 0;
}
END
gcc -O1 -Wall -o "$dir/early" "$dir/early.c" -luv
is() { awk "BEGIN { exit !($1) }" || fail "$2"; }

read -r least median early <<<"$("$dir/early" 5000 4 0 0 20 0)"
echo "5 ms of work, then a timer of 4 ms: after $median ms (median); $early of 20 early"
is "$median < 1 && $early > 10" "a timer of 4 ms behind 5 ms of work is not early"
read -r least median early <<<"$("$dir/early" 5000 20 0 0 20 0)"
echo "5 ms of work, then a timer of 20 ms: after $median ms (median); $early of 20 early"
is "$median < 17 && $early > 10" "a timer of 20 ms behind 5 ms of work is not early by that much"
read -r least median early <<<"$("$dir/early" 0 3 1 0 200 0)"
echo "uv_update_time(), then a timer of 3 ms: after $least ms at the least; $early of 200 early"
is "$early == 0" "alone, a timer behind uv_update_time() is early"
read -r least median early <<<"$("$dir/early" 0 3 1 0 200 1)"
echo "the same beside a timer of 1 ms that repeats: after $least ms at the least; $early of 200 early"
is "$least < 3 && $least > 1.9 && $early > 5" "beside another, a timer behind uv_update_time() is not early"
read -r least median early <<<"$("$dir/early" 0 3 1 1 200 1)"
echo "a timer of 3 + 1 ms beside that one: after $least ms at the least; $early of 200 before 3 ms"
is "$early == 0" "with one millisecond more it is early still"
echo "as described ($package $version)"
