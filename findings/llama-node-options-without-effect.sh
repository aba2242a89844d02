#!/bin/bash
# Package:   @fugood/llama.node 1.7.15 (npm, with @fugood/node-llama-linux-x64 1.7.15)
# Behaviour: five options of completion() that its type LlamaCompletionOptions declares do nothing, and nothing says so: "ignore_eos",
#            "logit_bias", "max_tokens", "max_length" and "typ_p". An answer still ends at the end of the text, with stopped_eos, or is
#            as long as it likes. The native part reads "n_predict" for the length, and "typical_p", which the type does not declare.
#            It reads "ignore_eos", too, but llama.cpp makes a bias of it only when it loads a model. A grammar without an end does what
#            "ignore_eos" promises.
# Seen:      a model of random weights answers with 88 tokens of at most 300, and the text is the same with each of the five. With
#            "n_predict": 5 it has 5, with "typical_p": 0.01 it is another text, with the grammar it has 300.
# Everything it installs goes into a throw-away layer over / in a temporary folder (an overlay; needs root): the system stays as it is.
if [ -z "${IN_LAYER:-}" ]; then
    LAYER=$(mktemp -d); export LAYER IN_LAYER=1; code=0
    unshare --mount --fork --kill-child bash -euc '
        mount -t tmpfs tmpfs "$LAYER"; mkdir "$LAYER/up" "$LAYER/work" "$LAYER/root"
        mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER/up,workdir=$LAYER/work" "$LAYER/root"
        for d in dev proc sys; do mount --rbind "/$d" "$LAYER/root/$d"; done
        printf "#!/bin/sh\nexit 101\n" >"$LAYER/root/usr/sbin/policy-rc.d"; chmod +x "$LAYER/root/usr/sbin/policy-rc.d"
        cp "$(dirname "$0")/../examples/llm/make_model.py" "$LAYER/root/tmp/"
        cp "$0" "$LAYER/root/tmp/finding.sh"; exec chroot "$LAYER/root" /bin/bash /tmp/finding.sh' "$0" || code=$?
    rmdir "$LAYER"; exit "$code"
fi
set -eu
package=@fugood/llama.node version=1.7.15
fail() { echo "CHANGED ($package $version): $*"; exit 1; }
[ "$(uname -m)" = x86_64 ] || { echo "needs x86-64"; exit 1; }
{ command -v node && command -v npm && command -v python3 && ldconfig -p | grep libgomp.so.1; } >/dev/null || {
    apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        $(command -v node >/dev/null || echo nodejs) $(command -v npm >/dev/null || echo npm) python3 libgomp1 >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error --prefix "$dir" \
    $package@$version @fugood/node-llama-linux-x64@$version >/dev/null
python3 /tmp/make_model.py --out model.gguf >/dev/null

cat >say.js <<'END'
const fs = require('fs')
const { loadModel } = require('@fugood/llama.node')

async function main() {
  const context = await loadModel({ model: 'model.gguf', n_ctx: 1024, n_threads: 1, n_gpu_layers: 0 })
  const usual = { prompt: 'bada', n_predict: 300, seed: 1, temperature: 1, top_k: 0, top_p: 1, min_p: 0, xtc_probability: 0 }
  const given = JSON.parse(process.argv[2])
  if (given.max_tokens || given.max_length) delete usual.n_predict
  const { text, stopped_eos: end } = await context.completion({ ...usual, ...given })
  // A word is a token here; the end of the text is one, too.
  fs.writeFileSync('seen.txt', `${text.split(' ').length - 1 + (end ? 1 : 0)} ${end}\n${text}\n`)
  process.exit(0)
}
main()
END
# say OPTIONS: how many tokens the answer had, whether the end of the text ended it, and the text.
say() {
    node say.js "$1" >log.txt 2>&1 || { tail -5 log.txt; exit 1; }
    { read -r tokens end; read -r text; } <seen.txt
    printf '%-40s %3d tokens, stopped_eos %s: %s ...\n' "$1" "$tokens" "$end" "${text:0:24}"
}
declared() { grep -q "^ *$1?:" node_modules/$package/lib/binding.ts || fail "its type does not declare $1"; }

say '{}'
[ "$tokens" -gt 5 ] && [ "$tokens" -lt 300 ] && [ "$end" = true ] || fail "the answer does not end by itself"
usual=$text
for options in '{"ignore_eos": true}' '{"logit_bias": [[2, -1000]]}' '{"max_tokens": 5}' '{"max_length": 5}' '{"typ_p": 0.01}'; do
    declared "$(cut -d'"' -f2 <<<"$options")"
    say "$options"
    [ "$text" = "$usual" ] && [ "$end" = true ] || fail "$options has an effect"
done
say '{"n_predict": 5}'
[ "$tokens" = 5 ] && [ "$end" = false ] || fail "n_predict has no effect"
say '{"typical_p": 0.01}'
[ "$text" != "$usual" ] || fail "typical_p has no effect"
say '{"grammar": "root ::= [^\\x00] root"}'
[ "$tokens" = 300 ] && [ "$end" = false ] || fail "a grammar without an end has one"
echo "as described ($package $version)"
