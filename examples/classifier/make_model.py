#!/usr/bin/python3
"""Writes MobileNetV2 1.0/224 (1000 classes) as an ONNX file with seeded random weights.

The network is that of Sandler et al. 2018, Table 2, with the padding and head of torchvision's mobilenet_v2: 3 504 872
parameters, 300 774 272 multiply-adds. So it costs the CPU and memory that the trained one costs, and its answers mean
nothing: the file says in its producer's name that it is synthetic, and the service repeats that in every answer.

The same seed gives the same file. Needs python3-onnx and python3-numpy; the service itself does not need onnx.
"""

import argparse
import os
import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from model import SYNTHETIC

CLASSES = 1000
SIDE = 224
# Table 2 of the paper: expansion t, output channels c, repeats n, stride s of the first.
BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
STEM, HEAD = 32, 1280


class Graph:
    """Nodes and weights, each layer fed by the one before it."""

    def __init__(self, seed):
        self.nodes = []
        self.weights = []
        # RandomState's streams are frozen by numpy's policy, those of default_rng are not.
        self.random = numpy.random.RandomState(seed)
        self.layers = 0

    def weight(self, name, array):
        self.weights.append(numpy_helper.from_array(numpy.ascontiguousarray(array, numpy.float32), name))
        return name

    def normal(self, name, shape, fan_in, gain):
        """Normal weights. Those that mix channels sum to nothing, or what ReLU6 gives to all channels alike would grow
        from layer to layer, until every image had the same answer."""
        values = self.random.standard_normal(shape) * (gain / fan_in) ** 0.5
        if shape[1] > 1:
            values -= values.mean(axis=1, keepdims=True)
        return self.weight(name, values)

    def node(self, kind, inputs, **attributes):
        self.layers += 1
        output = f"{kind.lower()}{self.layers}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def convolution(self, x, channels_in, channels, kernel=1, stride=1, groups=1, gain=2.0):
        """Convolution without bias, and batch normalisation."""
        name = f"conv{self.layers + 1}"
        fan_in = channels_in // groups * kernel * kernel
        weight = self.normal(f"{name}.weight", (channels, channels_in // groups, kernel, kernel), fan_in, gain)
        pad = kernel // 2
        x = self.node("Conv", [x, weight], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, group=groups)
        values = {"gamma": 1, "beta": 0, "mean": 0, "variance": 1}
        names = [self.weight(f"{name}.bn.{key}", numpy.full(channels, value)) for key, value in values.items()]
        return self.node("BatchNormalization", [x] + names, epsilon=1e-5)

    def relu6(self, x):
        return self.node("Clip", [x], min=0.0, max=6.0)

    def block(self, x, channels_in, channels, expansion, stride):
        """Inverted residual: widen, filter each channel, narrow without an activation."""
        wide = channels_in * expansion
        residual = stride == 1 and channels_in == channels
        y = x
        if expansion != 1:
            y = self.relu6(self.convolution(y, channels_in, wide))
        y = self.relu6(self.convolution(y, wide, wide, kernel=3, stride=stride, groups=wide))
        # What is added to the input is kept small, or sums over many blocks would drive everything to ReLU6's ends.
        y = self.convolution(y, wide, channels, gain=0.25 if residual else 1.0)
        return self.node("Add", [x, y]) if residual else y


def build(seed):
    graph = Graph(seed)
    x = graph.relu6(graph.convolution("image", 3, STEM, kernel=3, stride=2))
    channels = STEM
    for expansion, width, repeats, stride in BLOCKS:
        for i in range(repeats):
            x = graph.block(x, channels, width, expansion, stride if i == 0 else 1)
            channels = width
    x = graph.relu6(graph.convolution(x, channels, HEAD))
    x = graph.node("Flatten", [graph.node("GlobalAveragePool", [x])])
    inputs = [x, graph.normal("classifier.weight", (CLASSES, HEAD), HEAD, 1.0)]
    inputs.append(graph.weight("classifier.bias", numpy.zeros(CLASSES)))
    graph.nodes.append(helper.make_node("Gemm", inputs, ["logits"], name="logits", transB=1))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "mobilenet_v2_1.0_224", [image], [logits], graph.weights),
        producer_name=f"{SYNTHETIC}, seed {seed}",
        opset_imports=[helper.make_opsetid("", 10)],
    )
    model.ir_version = 5  # that of opset 10, whatever the version of onnx
    onnx.checker.check_model(model)
    return model


def main():
    default = pathlib.Path(__file__).resolve().parent / "mobilenetv2-synthetic.onnx"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=pathlib.Path, default=default, help=f"default: {default.name} beside this script")
    parser.add_argument("--seed", type=int, default=2018)
    options = parser.parse_args()
    part = options.out.with_name(f"{options.out.name}.{os.getpid()}")
    try:
        part.write_bytes(build(options.seed).SerializeToString(deterministic=True))
        part.replace(options.out)  # whole or not at all: a service may be starting
    except OSError as error:
        sys.exit(f"make_model: {options.out} cannot be written: {error.strerror}")
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
