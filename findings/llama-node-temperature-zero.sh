#!/bin/bash
# Package:   @fugood/llama.node 1.7.15 (npm, with @fugood/node-llama-linux-x64 1.7.15)
# Behaviour: "temperature: 0" does not give the most likely text, and not the same text twice. Unless told otherwise, completion() sets
#            xtc_probability to 0.1 and xtc_threshold to 0; llama.cpp itself has 0 and 0.1. So in one draw of ten only the least likely
#            of the tokens that top_k, top_p and min_p left is kept, and temperature 0 has no other to take. With those three off it
#            is the least likely token of the whole vocabulary. "xtc_probability: 0" makes it greedy.
# Seen:      a model that follows each letter by the next of the alphabet (82 %) or skips one (18 %): of 1000 letters at temperature 0
#            114 skip one with seed 1, 99 with seed 2, none with xtc_probability 0. Without top_k, top_p and min_p every tenth token is
#            one that the model gives odds of e^-110.
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

# Llama's architecture with one layer that adds nothing. A token's vector says which letter it is, and the output what follows it.
cat >model.py <<'END'
import struct

UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
SIZE, OTHER, ALWAYS = 32, 30, 31  # a vector's length; its place for what is no letter; its place that is 1 in all of them
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SCALE = (2 / SIZE) ** 0.5  # the norm divides by this a vector with two ones

tokens = [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + [(f"<0x{b:02X}>", 6) for b in range(256)] + [(c, 1) for c in LETTERS + "\u2581"]
first = 3 + 256  # the token "a"

def zeros(rows):
    return [[0.0] * SIZE for _ in range(rows)]

embedding, output, ones = zeros(len(tokens)), zeros(len(tokens)), [[1.0] * SIZE]
for token in range(len(tokens)):
    embedding[token][token - first if first <= token < first + 26 else OTHER] = 1.0
    embedding[token][ALWAYS] = 1.0
    output[token][ALWAYS] = -100 * SCALE
for place, follows in [(k, (k + 1) % 26) for k in range(26)] + [(OTHER, 0)]:
    output[first + follows][place] = 110 * SCALE
    output[first + (follows + 1) % 26][place] = 108.5 * SCALE
tensors = [("token_embd", embedding), ("output_norm", ones), ("output", output), ("blk.0.attn_norm", ones), ("blk.0.ffn_norm", ones)]
tensors += [(f"blk.0.{name}", zeros(SIZE)) for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")]

def text(s):
    return struct.pack("<Q", len(s.encode())) + s.encode()

def packed(kind, value):
    return text(value) if kind == STRING else struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f"}[kind], value)

def one(key, kind, value):
    return text(key) + struct.pack("<I", kind) + packed(kind, value)

def several(key, kind, values):
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + b"".join(packed(kind, v) for v in values)

pairs = [
    one("general.architecture", STRING, "llama"),
    one("llama.context_length", UINT32, 4096),
    one("llama.embedding_length", UINT32, SIZE),
    one("llama.block_count", UINT32, 1),
    one("llama.feed_forward_length", UINT32, SIZE),
    one("llama.attention.head_count", UINT32, 1),
    one("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-6),
    one("tokenizer.ggml.model", STRING, "llama"),
    several("tokenizer.ggml.tokens", STRING, [t for t, _ in tokens]),
    several("tokenizer.ggml.scores", FLOAT32, [-float(i) for i in range(len(tokens))]),
    several("tokenizer.ggml.token_type", INT32, [kind for _, kind in tokens]),
    one("tokenizer.ggml.unknown_token_id", UINT32, 0),
    one("tokenizer.ggml.bos_token_id", UINT32, 1),
    one("tokenizer.ggml.eos_token_id", UINT32, 2),
]
infos = data = b""
for name, rows in tensors:
    shape = [SIZE] + ([len(rows)] if len(rows) > 1 else [])
    infos += text(name + ".weight") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
    data += b"".join(struct.pack(f"<{SIZE}f", *row) for row in rows)  # a multiple of the alignment, 32
head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs) + infos
with open("alphabet.gguf", "wb") as f:
    f.write(head + b"\0" * (-len(head) % 32) + data)
END
python3 model.py

cat >say.js <<'END'
const fs = require('fs')
const { loadModel } = require('@fugood/llama.node')

async function main() {
  const context = await loadModel({ model: 'alphabet.gguf', n_ctx: 2048, n_threads: 1, n_gpu_layers: 0 })
  const { text } = await context.completion({ prompt: 'a', n_predict: 1000, temperature: 0, ...JSON.parse(process.argv[2]) })
  let unlikely = 0, before = 'a'
  for (const letter of text) {
    const next = before === 'z' ? 'a' : String.fromCharCode(before.charCodeAt(0) + 1)
    if (/[a-z]/.test(before) && letter !== next) unlikely++
    before = letter
  }
  fs.writeFileSync('seen.txt', `${unlikely} ${/^[a-z]*$/.test(text) ? 'letters' : 'other'} ${text.slice(0, 52).replace(/[^a-z]/g, '?')}\n`)
  process.exit(0)
}
main()
END
# say OPTIONS: how many of the tokens were not the most likely ones, whether all are letters, and how the text begins.
say() {
    node say.js "$1" >log.txt 2>&1 || { tail -5 log.txt; exit 1; }
    read -r unlikely kind begins <seen.txt
    printf '%-50s %4d unlikely of 1000: %s\n' "$1" "$unlikely" "$begins"
}
tenth() { [ "$unlikely" -gt 60 ] && [ "$unlikely" -lt 150 ]; }

say '{"seed": 1}'
tenth && [ "$kind" = letters ] || fail "not every tenth token is the less likely one at temperature 0"
one=$begins
say '{"seed": 2}'
tenth && [ "$begins" != "$one" ] || fail "temperature 0 gives the same text whatever the seed"
say '{"seed": 1, "top_k": 0, "top_p": 1, "min_p": 0}'
tenth && [ "$kind" = other ] || fail "without other samplers no token comes that the model all but excludes"
say '{"seed": 1, "xtc_probability": 0}'
[ "$unlikely" = 0 ] || fail "it is not greedy without XTC"
echo "as described ($package $version)"
