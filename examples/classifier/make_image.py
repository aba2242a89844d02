#!/usr/bin/python3
"""Draws the picture that the load test uploads: a desk with a lamp, a mug and a ball, 640 x 480, as JPEG.

It is drawn, so it is nobody's photograph; grain makes it as long as a photograph of its size. Needs python3-opencv.
"""

import pathlib
import sys

import cv2
import numpy

WIDTH, HEIGHT = 640, 480
DEFAULT = pathlib.Path(__file__).resolve().parents[2] / "scenarios" / "images" / "desk.jpg"


def draw():
    """The picture as BGR pixels."""
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH].astype(numpy.float32)
    glow = numpy.exp(-((x - 200) ** 2 + (y - 190) ** 2) / 40000)
    wall = numpy.stack([90 + 60 * glow, 110 + 100 * glow, 120 + 125 * glow], axis=2)
    grain = 12 * numpy.sin(x / 9 + 3 * numpy.sin(y / 23)) + 6 * numpy.sin(x / 2.7)
    desk = numpy.stack([50 + grain, 85 + grain, 130 + grain], axis=2)
    canvas = numpy.where((y < 330)[:, :, None], wall, desk)
    canvas = numpy.ascontiguousarray(numpy.clip(canvas, 0, 255).astype(numpy.uint8))

    def fill(points, colour):
        cv2.fillPoly(canvas, [numpy.array(points, numpy.int32)], colour, cv2.LINE_AA)

    cv2.line(canvas, (200, 390), (200, 150), (40, 40, 45), 10, cv2.LINE_AA)
    cv2.ellipse(canvas, (200, 395), (60, 14), 0, 0, 360, (35, 35, 40), -1, cv2.LINE_AA)
    fill([(160, 90), (240, 90), (285, 180), (115, 180)], (60, 150, 60))
    cv2.ellipse(canvas, (200, 180), (85, 12), 0, 0, 360, (190, 240, 250), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (497, 340), (28, 34), 0, -100, 100, (150, 80, 50), 12, cv2.LINE_AA)
    fill([(400, 280), (490, 280), (482, 400), (408, 400)], (180, 100, 60))
    cv2.ellipse(canvas, (445, 400), (37, 9), 0, 0, 360, (180, 100, 60), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (445, 280), (45, 11), 0, 0, 360, (30, 45, 70), -1, cv2.LINE_AA)
    for radius in range(48, 0, -2):
        shade = 1 - radius / 60
        centre = (325 - (48 - radius) // 3, 400 - (48 - radius) // 3)
        cv2.circle(canvas, centre, radius, (int(40 + 60 * shade), int(60 + 120 * shade), int(150 + 105 * shade)), -1, cv2.LINE_AA)
    noise = numpy.random.RandomState(2022).normal(0, 5, canvas.shape)
    return numpy.clip(canvas + noise, 0, 255).astype(numpy.uint8)


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    done, data = cv2.imencode(".jpg", draw(), [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        sys.exit("make_image: OpenCV cannot write JPEG")
    path.write_bytes(data.tobytes())
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
