#!/bin/bash
# Package:   faketime, libfaketime 0.9.10-2.1 (Debian 12)
# Behaviour: `faketime -f +5s` moves the time of day by five seconds. CLOCK_MONOTONIC does not move by five seconds: it becomes the time
#            since 1970, five seconds ahead. timerfd_settime() is not translated back. So a program that sets a timerfd to an absolute
#            time of CLOCK_MONOTONIC, as event loops do, waits for decades. FAKETIME_DONT_FAKE_MONOTONIC=1 leaves that clock alone.
# Seen:      CLOCK_MONOTONIC 1796028793 s, while the machine had been up for 5597 s. A timerfd for one second later had not fired after
#            three seconds; with FAKETIME_DONT_FAKE_MONOTONIC=1, it fired after 1.000 s.
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
package=libfaketime version=0.9.10-2.1
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
tool=$(dpkg-query -W -f '${Version}' faketime 2>/dev/null || true)
[ "$have $tool" = "$version $version" ] && command -v gcc >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        $package=$version faketime=$version gcc libc6-dev >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/timer.c" <<'END'
#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>
/* Prints CLOCK_MONOTONIC in seconds, and whether a timerfd for a second later fires within three. */
int main(void) {
    struct timespec now;
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct itimerspec when = {.it_value = {now.tv_sec + 1, now.tv_nsec}};
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    printf("%lld %d\n", (long long)now.tv_sec, poll(&p, 1, 3000));
    return 0;
}
END
gcc -o "$dir/timer" "$dir/timer.c"
read -r true_s true_fired < <("$dir/timer")
read -r moved_s moved_fired < <(faketime -f +5s "$dir/timer")
read -r kept_s kept_fired < <(FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f +5s "$dir/timer")
echo "seen: CLOCK_MONOTONIC $true_s s; under faketime $moved_s s, and with FAKETIME_DONT_FAKE_MONOTONIC=1 $kept_s s"
echo "seen: the timer fired (1) or not (0): $true_fired, $moved_fired, $kept_fired"
[ $((moved_s - $(date +%s))) -ge -60 ] || fail "CLOCK_MONOTONIC is not the time since 1970"
[ $((kept_s - true_s)) -le 60 ] || fail "FAKETIME_DONT_FAKE_MONOTONIC moves it"
[ "$true_fired $moved_fired $kept_fired" = "1 0 1" ] || fail "the timers fired: $true_fired $moved_fired $kept_fired"
echo "as described ($package $version)"
