#!/bin/bash
# Package:   jmeter 2.13-5 (Debian 12), with libxstream-java of the same release
# Behaviour: JMeter loads none of the test plans that it ships, and so none that it has saved. XStream allows only listed classes since 1.4.18;
#            this JMeter lists none, so the first element of a plan is a "ForbiddenClassException: org.apache.jmeter.save.ScriptWrapper".
# Seen:      two demo plans of jmeter-help and a template of jmeter are refused so by "jmeter -n -t PLAN". No results are written, and the exit
#            code is 0.
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
package=jmeter version=2.13-5
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] && [ -d /usr/share/jmeter/printable_docs/demos ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version jmeter-http=$version \
        jmeter-help=$version openjdk-17-jre-headless >/dev/null 2>&1; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }
cd "$dir"
echo "libxstream-java $(dpkg-query -W -f '${Version}' libxstream-java)"

# Plans of its own: two demos and a template. None needs a server before it is loaded.
refused=0
for plan in demos/SimpleTestPlan.jmx demos/LoopTestPlan.jmx ../bin/templates/build-web-test-plan.jmx; do
    code=0
    timeout 120 jmeter -n -t "/usr/share/jmeter/printable_docs/$plan" -l "$dir/results.jtl" >out 2>&1 </dev/null || code=$?
    echo "${plan##*/}: exit code $code: $(grep -o 'ForbiddenClassException: .*' out | head -n 1)"
    if grep -q 'ForbiddenClassException: org.apache.jmeter.save.ScriptWrapper' out; then refused=$((refused + 1)); fi
done
[ "$refused" -eq 3 ] || fail "$((3 - refused)) of its own plans were loaded"
[ ! -s results.jtl ] || fail "there are results"
echo "as described ($package $version)"
