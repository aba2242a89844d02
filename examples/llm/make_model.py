#!/usr/bin/env python3
"""Writes a tiny language model as a GGUF file: the Llama architecture with seeded random weights. Needs Python alone.

The same options give the same file, byte for byte, on every machine: weights are multiples of one random 53-bit fraction, without
any function of the mathematics library. The model costs what a real one of its size costs. Its answers mean nothing, but their
lengths do: it only writes words of the form " bada" or " ba", one token each, so that the words of an answer are its tokens. About
one token in a hundred is the end of the text.
"""

import argparse
import array
import random
import struct
import sys

# The value types of GGUF 3, and of its tensors.
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
F32 = 0
ALIGNMENT = 32
# The kinds of tokens.
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

SPACE = "\u2581"  # how SentencePiece writes a blank
CONSONANTS, VOWELS = "bcdfghjklmnpqrstvwxyz", "aeiou"
UNK, BOS, EOS = 0, 1, 2
# How likely a token of a kind is, as what is added to its odds in the exponent: never, a word, and the end of the text.
NEVER, WORD, END = -100.0, 0.0, 4.0


def vocabulary(size, rng):
    """[(text, kind, shift)]. A word is reached from its letters by merges that are tokens, too: "ba", SPACE "ba", SPACE "bada"."""
    syllables = [c + v for c in CONSONANTS for v in VOWELS]
    tokens = [("<unk>", UNKNOWN, NEVER), ("<s>", CONTROL, NEVER), ("</s>", CONTROL, END)]
    tokens += [(f"<0x{byte:02X}>", BYTE, NEVER) for byte in range(256)]
    tokens += [(c, NORMAL, NEVER) for c in SPACE + CONSONANTS + VOWELS + "0123456789.,:;!?'\"()-"]
    tokens += [(s, NORMAL, NEVER) for s in syllables]
    tokens += [(SPACE + s, NORMAL, WORD) for s in syllables]
    room = size - len(tokens)
    if not 0 < room <= len(syllables) ** 2:
        sys.exit(f"make_model: --vocabulary is from {len(tokens) + 1} to {len(tokens) + len(syllables) ** 2}")
    pairs = rng.sample(range(len(syllables) ** 2), room)
    tokens += [(SPACE + syllables[p // len(syllables)] + syllables[p % len(syllables)], NORMAL, WORD) for p in sorted(pairs)]
    return tokens


def weights(rng, rows, columns, scale):
    return [array.array("f", (scale * (2.0 * rng.random() - 1.0) for _ in range(columns))) for _ in range(rows)]


def ones(columns):
    return [array.array("f", [1.0] * columns)]


def tensors(o, tokens, rng):
    """[(name, rows)]. Column 0 of every token's vector is 1, and no layer adds to it: what `output` has there shifts a token's odds."""
    wide, inner = o.width, 3 * o.width
    scale = 1.7 / o.width ** 0.5  # the layers then keep the size of what goes through them
    embedding = weights(rng, len(tokens), wide, 1.7)
    output = weights(rng, len(tokens), wide, 2 * scale)
    for i, (_, _, shift) in enumerate(tokens):
        embedding[i][0] = 1.0
        output[i][0] = shift
    out = [("token_embd.weight", embedding)]
    for layer in range(o.layers):
        shapes = [("attn_q", wide, wide), ("attn_k", wide, wide), ("attn_v", wide, wide), ("attn_output", wide, wide),
                  ("ffn_gate", inner, wide), ("ffn_up", inner, wide), ("ffn_down", wide, inner)]
        out.append((f"blk.{layer}.attn_norm.weight", ones(wide)))
        out.append((f"blk.{layer}.ffn_norm.weight", ones(wide)))
        for name, rows, columns in shapes:
            matrix = weights(rng, rows, columns, 1.7 / columns ** 0.5)
            if name in ("attn_output", "ffn_down"):
                matrix[0] = array.array("f", [0.0] * columns)
            out.append((f"blk.{layer}.{name}.weight", matrix))
    return out + [("output_norm.weight", ones(wide)), ("output.weight", output)]


def text(s):
    data = s.encode()
    return struct.pack("<Q", len(data)) + data


PACKED = {UINT32: lambda v: struct.pack("<I", v), INT32: lambda v: struct.pack("<i", v), FLOAT32: lambda v: struct.pack("<f", v),
          BOOL: lambda v: struct.pack("<?", v), STRING: text}


def pair(key, kind, value):
    return text(key) + struct.pack("<I", kind) + PACKED[kind](value)


def pair_list(key, kind, values):
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + b"".join(PACKED[kind](v) for v in values)


def metadata(o, tokens):
    head = o.width // o.heads
    return [
        pair("general.architecture", STRING, "llama"),
        pair("general.name", STRING, "tiny-random"),
        pair("general.description", STRING, f"random weights of seed {o.seed}; its answers mean nothing"),
        pair("general.alignment", UINT32, ALIGNMENT),
        pair("general.file_type", UINT32, F32),
        pair("llama.context_length", UINT32, o.context),
        pair("llama.embedding_length", UINT32, o.width),
        pair("llama.block_count", UINT32, o.layers),
        pair("llama.feed_forward_length", UINT32, 3 * o.width),
        pair("llama.attention.head_count", UINT32, o.heads),
        pair("llama.attention.head_count_kv", UINT32, o.heads),
        pair("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        pair("llama.rope.dimension_count", UINT32, head),
        pair("llama.vocab_size", UINT32, len(tokens)),
        pair("tokenizer.ggml.model", STRING, "llama"),
        pair_list("tokenizer.ggml.tokens", STRING, [t for t, _, _ in tokens]),
        pair_list("tokenizer.ggml.scores", FLOAT32, [-float(i) for i in range(len(tokens))]),
        pair_list("tokenizer.ggml.token_type", INT32, [k for _, k, _ in tokens]),
        pair("tokenizer.ggml.unknown_token_id", UINT32, UNK),
        pair("tokenizer.ggml.bos_token_id", UINT32, BOS),
        pair("tokenizer.ggml.eos_token_id", UINT32, EOS),
        pair("tokenizer.ggml.add_bos_token", BOOL, True),
    ]


def padding(length):
    return b"\0" * (-length % ALIGNMENT)


def gguf(pairs, named):
    infos, data = b"", b""
    for name, rows in named:
        shape = (len(rows[0]), len(rows)) if len(rows) > 1 else (len(rows[0]),)
        infos += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, F32, len(data))
        block = array.array("f", (x for row in rows for x in row))
        if sys.byteorder == "big":
            block.byteswap()
        data += block.tobytes()
        data += padding(len(data))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(named), len(pairs)) + b"".join(pairs) + infos
    return head + padding(len(head)) + data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="tiny-random.gguf", help="the file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the weights (default: %(default)s)")
    parser.add_argument("--width", type=int, default=96, help="of a token's vector (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument("--heads", type=int, default=4, help="of the attention (default: %(default)s)")
    parser.add_argument("--vocabulary", type=int, default=2000, help="tokens (default: %(default)s)")
    parser.add_argument("--context", type=int, default=32768, help="the longest prompt with its answer (default: %(default)s)")
    o = parser.parse_args()
    if o.heads < 1 or o.layers < 1 or o.width < 2 or o.width % (2 * o.heads) != 0:
        parser.error("--width must be a multiple of twice --heads, and all of them at least 1")
    rng = random.Random(o.seed)
    tokens = vocabulary(o.vocabulary, rng)
    data = gguf(metadata(o, tokens), tensors(o, tokens, rng))
    try:
        with open(o.out, "wb") as f:
            f.write(data)
    except OSError as e:
        sys.exit(f"make_model: cannot write {o.out}: {e.strerror}")
    print(f"{o.out}: {len(data)} bytes")


if __name__ == "__main__":
    main()
