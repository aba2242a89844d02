"""Reads a locustfile from stdin without running it, and prints what its users send as JSON.

The file is parsed with ast. Its classes and methods are evaluated by the interpreter below, which knows
literals, operators, a list of pure functions, self.client and Locust's own classes. Everything else is
an Unknown. A request that needs an Unknown is named as lost. No import, call or file access of the
source is ever made. src/convert/from_locust.c documents and checks the output.
"""
import ast
import copy
import json
import math
import operator
import random
import sys
from fractions import Fraction

OPEN, SHUT = "\ue000", "\ue001"
STEPS_MAX = 200000  # evaluated nodes of one class
DEPTH_MAX = 60
REQUESTS_MAX = 1000  # of one task
ENDLESS_MIN = 100  # rounds of "while True" that send: only an answer ends it
UNROLL_MAX = 10  # more equal rounds of a loop are one "repeat"
PATHS_MAX = 24  # ways through a task that random decides
CHOICES_MAX = 12  # on one way
VALUES_MAX = 100  # of a random.choice that stands for a calculation
ROWS_MAX = 1000
SECRET = "passw|pwd|secret|token|api_?key|credential"
# Names of values that do not get into files next to the scenario.
PRIVATE = SECRET + "|passphrase|passcode|authori[sz]ation|cookie|session_?id|jwt|signature|private_?key|access_?key|^(?:auth|pass|pw|pin|otp|sid)$"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
SESSIONS = ("requests", "requests.Session", "requests.session", "httpx", "httpx.Client")


class Return(Exception):
    pass


class Break(Exception):
    pass


class Continue(Exception):
    pass


class Raised(Exception):
    pass


class Interrupt(Exception):
    pass


class TooMuch(Exception):
    pass


class Same:
    """Never copied with the state of a user."""

    def __deepcopy__(self, memo):
        return self


class Unknown(Same):
    def __init__(self, why="", answer=False):
        self.why, self.answer = why, answer


class Hole(Same):
    """A value that a scenario knows how to make: `expression` of its ${...}."""

    def __init__(self, expression, number=False):
        self.expression, self.number = expression, number


class Clock(Same):
    """time.time() times a factor; a factor of None is datetime.now()."""

    def __init__(self, factor=1):
        self.factor = factor


class Ref(Same):
    """A value from an answer. `path` is a list of keys for json. `part`: the regular expression of a part of it;
    `within`: what is before that part and what ends it, as other parts of it need."""

    part = within = None

    def __init__(self, step, source, path=(), default=None, number=False):
        self.step, self.source, self.path = step, source, path
        self.default, self.number, self.name = default, number, None

    def but(self, **changes):
        """The same value with these changes."""
        made = copy.copy(self)
        made.__dict__.update(changes, name=None)
        return made


class Pieces(Same):
    """A value of an answer, split at a text; the last piece has the rest after `most` of them."""

    def __init__(self, ref, separator, most):
        self.ref, self.separator, self.most = ref, separator, most


class Kept(Same):
    """An attribute of the user that a task captures and another task uses."""

    def __init__(self, name, many=False):
        self.name, self.many, self.number = name, many, False


class Text(Same):
    """A text with holes: a list of str, Hole, Rand, Ref and Kept. `data`: what it is the JSON of."""

    def __init__(self, parts, data=None):
        self.parts, self.data = parts, data


class Root(Same):
    """One draw: of a list of values with weights, or by a function of a random.Random. `of_user`: by on_start.
    `file`: the CSV file of which it is a row."""

    starting = False  # on_start or __init__ is evaluated now

    def __init__(self, options=None, draw=None, weights=None, taken=False, file=None):
        self.options, self.draw, self.weights, self.taken = options, draw, weights, taken
        self.of_user, self.file = Root.starting, file

    def pick(self, rng):
        if self.options is not None:
            return rng.choices(self.options, self.weights)[0] if self.weights else rng.choice(self.options)
        return self.draw(rng)


class Rand(Same):
    """A value that is calculated from draws. `native`: the expression that makes it, if there is one. `column`: it is this
    column of a row of a file."""

    column, cost = None, 1  # cost: how many values are made for one of it

    def __init__(self, roots, make, native=None, between=None, row=False):
        self.roots, self.make, self.native, self.between, self.row = roots, make, native, between, row


class Row(dict):
    """A row of a CSV file. `place`: the file and its delimiter, and how many rows it has."""

    place = None


class Module(Same):
    def __init__(self, name):
        self.name = name


class Own(Same):
    """A module of the source: the file itself, a file near it, or a folder of such files."""

    def __init__(self, path, folder, name, text=""):
        self.path, self.folder, self.name, self.text = path, folder, name, text
        self.lines, self.scope, self.tree = text.split("\n"), Scope(), None
        self.shown = ""  # its name in notes; "": the file itself


class Function(Same):
    def __init__(self, node, scope, owner=None):
        self.node, self.scope, self.owner = node, scope, owner
        self.name = getattr(node, "name", "<lambda>")
        self.weight = self.kind = None
        self.tags = []


class Method(Same):
    def __init__(self, function, me):
        self.function, self.me = function, me


class Class(Same):
    def __init__(self, name, bases, node=None):
        self.name, self.bases, self.node, self.attributes = name, bases, node, {}
        self.body = node.body if node is not None else []
        self.weight, self.tags, self.order = None, [], []
        self.mro = [self]
        for base in bases:
            self.mro += [b for b in base.mro if b not in self.mro] if isinstance(base, Class) else []

    def get(self, name):
        for c in self.mro:
            if name in c.attributes:
                return c.attributes[name]
        return None

    def kinds(self):
        return {b.name.split(".")[-1] for c in self.mro for b in c.bases if isinstance(b, Module)}

    def is_user(self):
        return bool(self.kinds() & {"HttpUser", "FastHttpUser", "HttpLocust", "FastHttpLocust", "User", "Locust"})

    def is_set(self):
        return bool(self.kinds() & {"TaskSet", "TaskSequence", "SequentialTaskSet", "FastHttpTaskSet"})

    def in_order(self):
        return bool(self.kinds() & {"TaskSequence", "SequentialTaskSet"})


class Instance:
    def __init__(self, cls):
        self.cls, self.values = cls, {}


class Client:
    def __init__(self, outside=False):
        self.headers, self.cookies, self.auth, self.base, self.outside = {}, Jar(self), None, None, outside
        self.last = None  # the last answer
        self.verify = True


class Target(Same):
    """The host that Locust is started with: the scenario's target."""


class Response(Same):
    def __init__(self, step):
        self.step, self.status = step, None


class Status(Same):
    def __init__(self, response):
        self.response = response


class Body(Same):
    """The text of an answer, or its elapsed time: what conditions are about."""

    def __init__(self, response, what):
        self.response, self.what = response, what


class Test(Same):
    """A condition on an answer that a check can express."""

    def __init__(self, response, check, value=True, status=None):
        self.response, self.check, self.value, self.status = response, check, value, status


class Bound(Same):
    """A method of a value: `kind` says how it is called."""

    def __init__(self, kind, owner, name):
        self.kind, self.owner, self.name = kind, owner, name


class Super(Same):
    def __init__(self, classes, me):
        self.classes, self.me = classes, me


class Found(Same):
    """re.search() in an answer."""

    def __init__(self, response, pattern):
        self.response, self.pattern = response, pattern


class Element(Same):
    """An element of an answer's HTML: its tag ("": any) and the attributes that it must have."""

    def __init__(self, response, tag="", attributes=()):
        self.response, self.tag, self.attributes = response, tag, dict(attributes)


class Jar(dict):
    """Cookies of a user: those that the source sets. Answers set the others."""

    def __init__(self, client):
        super().__init__()
        self.client = client

    def __deepcopy__(self, memo):
        made = Jar(copy.deepcopy(self.client, memo))
        made.update(self)
        return made


class File(Same):
    """An open file, or what is in it."""

    def __init__(self, path, binary=False):
        self.path, self.binary = path, binary


class Wait(Same):
    def __init__(self, kind, low, high):
        self.kind, self.low, self.high = kind, low, high


class Scope:
    def __init__(self, outer=None):
        self.names, self.outer, self.globals = {}, outer, set()

    def get(self, name):
        s = self
        while s is not None:
            if name in s.names:
                return s.names[name]
            s = s.outer
        return None

    def set(self, name, value):
        s = self
        while name in s.globals and s.outer is not None:
            s = s.outer
        s.names[name] = value


SYMBOLS = (Unknown, Hole, Clock, Ref, Kept, Text, Rand, Module, Own, Function, Method, Class, Instance, Client, Target, Response,
           Status, Body, Test, Bound, Super, Found, Element, File, Wait, Pieces)
PLAIN = (str, bytes, int, float, bool, type(None), complex)


def find(value, kinds, depth=0):
    """The first value of these kinds in nested lists and dicts."""
    if isinstance(value, kinds):
        return value
    if depth > 20:
        return None
    if isinstance(value, dict):
        items = list(value.keys()) + list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = value
    elif isinstance(value, Text):
        items = value.parts
    else:
        return None
    for item in items:
        found = find(item, kinds, depth + 1)
        if found is not None:
            return found
    return None


def is_plain(value):
    return find(value, SYMBOLS) is None


class Fixed:
    """Something without draws, which resolve() need not look into."""

    def __init__(self, value):
        self.value = value


def fixed(value):
    """The same with each part that has no draws as a Fixed, and what it costs to resolve() it."""
    if isinstance(value, Rand):
        return value, value.cost
    if isinstance(value, dict):
        parts = [(fixed(k), fixed(v)) for k, v in value.items()]
        cost = sum(k[1] + v[1] for k, v in parts)
        return ({k[0]: v[0] for k, v in parts} if cost else Fixed(value)), cost
    if isinstance(value, (list, tuple)):
        parts = [fixed(v) for v in value]
        cost = sum(p[1] for p in parts)
        return (type(value)(p[0] for p in parts) if cost else Fixed(value)), cost
    return Fixed(value), 0


def resolve(value, world):
    if isinstance(value, Fixed):
        return value.value
    if isinstance(value, Rand):
        return value.make(world)
    if isinstance(value, dict):
        return {resolve(k, world): resolve(v, world) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)(resolve(v, world) for v in value)
    return value


def roots_of(value, out=None):
    out = [] if out is None else out
    if isinstance(value, Rand):
        out += [r for r in value.roots if r not in out]
    elif isinstance(value, dict):
        for k, v in value.items():
            roots_of(k, out)
            roots_of(v, out)
    elif isinstance(value, Text):
        roots_of(value.parts, out)
    elif isinstance(value, (list, tuple, set)):
        for v in value:
            roots_of(v, out)
    return out


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def clean(text):
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace(OPEN, "?").replace(SHUT, "?").replace("\0", "?")


def shown(value):
    """As str() makes it."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def count_nodes(nodes, kind):
    return sum(isinstance(n, kind) for node in nodes for n in ast.walk(node))
