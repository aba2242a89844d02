"""Attributes and calls: pure functions, draws, answers. The fourth part of the script of locust_values.py."""
import base64
import csv
import datetime
import hashlib
import html
import itertools
import re
import string
import types
import urllib.parse
import uuid

BUILTINS = {
    "str", "int", "float", "bool", "len", "range", "list", "dict", "tuple", "set", "sorted", "min", "max", "sum", "abs",
    "round", "enumerate", "zip", "reversed", "map", "filter", "print", "isinstance", "getattr", "setattr", "hasattr",
    "super", "any", "all", "chr", "ord", "hex", "repr", "next", "iter", "open", "type", "bytes", "Exception",
    "callable", "property", "id", "globals", "input", "staticmethod", "classmethod", "ValueError", "RuntimeError", "object", "format", "divmod", "pow", "frozenset", "bytearray",
}
PURE = {
    "builtins.len": len, "builtins.sum": sum, "builtins.abs": abs, "builtins.round": round, "builtins.float": float,
    "builtins.bool": bool, "builtins.chr": chr, "builtins.ord": ord, "builtins.hex": hex, "builtins.repr": repr,
    "builtins.min": min, "builtins.max": max, "builtins.bytes": bytes, "builtins.divmod": divmod,
    "builtins.format": format, "math.ceil": math.ceil, "math.floor": math.floor, "math.sqrt": math.sqrt,
    "math.sin": math.sin, "math.cos": math.cos, "math.radians": math.radians, "math.log": math.log, "math.exp": math.exp,
    "json.loads": json.loads, "base64.b64encode": base64.b64encode, "base64.b64decode": base64.b64decode,
    "base64.encodestring": base64.encodebytes, "base64.decodestring": base64.decodebytes,
    "base64.urlsafe_b64encode": base64.urlsafe_b64encode, "html.escape": html.escape,
    "urllib.parse.quote": urllib.parse.quote, "urllib.parse.quote_plus": urllib.parse.quote_plus,
    "urllib.parse.urlencode": urllib.parse.urlencode, "urllib.parse.urljoin": urllib.parse.urljoin,
    "urllib.quote": urllib.parse.quote, "re.sub": re.sub, "re.split": re.split, "re.escape": re.escape,
    "datetime.timedelta": datetime.timedelta, "datetime.datetime": datetime.datetime, "datetime.date": datetime.date,
    "datetime.datetime.strptime": datetime.datetime.strptime,
    "datetime.datetime.fromisoformat": datetime.datetime.fromisoformat,
    "datetime.date.fromisoformat": datetime.date.fromisoformat,
    "os.path.join": os.path.join, "os.path.dirname": os.path.dirname, "os.path.basename": os.path.basename,
    "os.path.splitext": os.path.splitext, "os.path.normpath": os.path.normpath,
    "uuid.UUID": lambda v: str(uuid.UUID(v)), "textwrap.dedent": lambda v: v,
}
ONE_TYPE = (str, bytes, list, dict, set, tuple, int, float, datetime.date, datetime.timedelta)
QUEUE = {"put": "append", "put_nowait": "append", "get_nowait": "pop", "popleft": "pop"}
MUTATORS = ("append", "extend", "insert", "update", "pop", "clear", "remove", "add", "setdefault", "popitem", "sort",
            "reverse", "discard")
QUIET = ("print", "logging", "sys.", "warnings", "gevent.monkey", "locust.events", "urllib3", "dotenv", "events",
         "locust.log", "locust.runner", "threading.", "requests.packages", "traceback", "setup_logging", "signal", "loguru", "prometheus_client")
# What calls a function that it gets.
STARTERS = ("Thread", "Timer", "Process", "Greenlet", "spawn", "spawn_later", "spawn_raw", "submit", "apply", "apply_async", "map",
            "imap", "imap_unordered", "run", "run_in_executor", "to_thread", "create_task", "ensure_future", "add_job", "retry_call")
SAMPLES = {
    "name": "Ann Example", "first_name": "Ann", "last_name": "Example", "email": "ann@example.com", "word": "river",
    "user_name": "ann", "phone_number": "+1-202-555-0143", "address": "1 Example Street", "city": "Springfield",
    "country": "Iceland", "company": "Example Ltd", "sentence": "The river runs to the sea.", "text":
    "The river runs to the sea. The sea is wide.", "paragraph": "The river runs to the sea. The sea is wide.",
    "url": "http://example.com/", "job": "Engineer", "password": "example-password", "safe_email": "ann@example.com",
    "street_address": "1 Example Street", "zipcode": "12345", "postcode": "12345", "ipv4": "192.0.2.1",
    "catch_phrase": "The river runs", "state": "Ohio", "color_name": "Blue", "domain_name": "example.com",
}


def draw_functions(name):
    """Draws that are calculated: name -> function(rng, *args)."""
    return {
        "uniform": lambda rng, a, b: rng.uniform(a, b), "random": lambda rng: rng.random(),
        "gauss": lambda rng, m=0, s=1: rng.gauss(m, s), "normalvariate": lambda rng, m=0, s=1: rng.gauss(m, s),
        "expovariate": lambda rng, r: rng.expovariate(r), "triangular": lambda rng, *a: rng.triangular(*a),
        "sample": lambda rng, v, k: rng.sample(list(v), k), "betavariate": lambda rng, a, b: rng.betavariate(a, b),
        "binomial": lambda rng, n, p: sum(rng.random() < p for _ in range(min(n, 10000))),
        "normal": lambda rng, m=0, s=1: rng.gauss(m, s), "rand": lambda rng: rng.random(),
        "exponential": lambda rng, s=1: rng.expovariate(1 / s),
        "getrandbits": lambda rng, k: rng.getrandbits(k), "lognormvariate": lambda rng, m, s: rng.lognormvariate(m, s),
    }.get(name)


class Caller(Importer):
    def e_Attribute(self, node, scope):
        return self.attribute(self.eval(node.value, scope), node.attr, node)

    def attribute(self, value, name, node):
        if isinstance(value, Module):
            return self.module_attribute(value, name)
        if isinstance(value, Own):
            found = self.member(value, name, node)
            return found if found is not None or name in value.scope.names else Unknown("%s.%s is not known" % (value.name, name))
        if isinstance(value, Instance):
            return self.instance_attribute(value, name)
        if isinstance(value, Super):
            for c in value.classes:
                if name in c.attributes:
                    found = c.attributes[name]
                    return Method(found, value.me) if isinstance(found, Function) else found
            return Bound("nothing", value, name)
        if isinstance(value, Found):
            return Bound("found", value, name)
        if isinstance(value, File):
            return Bound("file", value, name)
        if isinstance(value, Element):
            return value if name in ("body", "html", "head", "form", "attrs", "attrib") else Bound("element", value, name)
        if isinstance(value, Bound) and value.kind in ("pattern", "matched"):
            return Bound(value.kind, value.owner, name)
        if isinstance(value, PathName):
            return self.path_attribute(value, name)
        if isinstance(value, bytes) and name in ("read", "getvalue", "seek"):
            return Bound("same", value, name)
        if isinstance(value, Class):
            found = value.get(name)
            if isinstance(found, Function) and found.kind == "classmethod":
                return Method(found, value)
            return Unknown("%s.%s is not known" % (value.name, name)) if found is None and name not in \
                self.all_names(value) else found
        if isinstance(value, Response):
            return self.response_attribute(value, name)
        if isinstance(value, Client):
            if name in ("headers", "cookies", "auth", "verify"):
                return getattr(value, name)
            if name == "base_url":
                return value.base if value.base is not None else Target()
            return Bound("client", value, name)
        if isinstance(value, Body) and value.what == "elapsed":
            return Bound("bound", value, name)
        if isinstance(value, Target):  # rstrip("/") and others
            return Bound("same", value, name)
        if isinstance(value, Rand) and name in ("hex", "int", "node") and isinstance(
                value.make({r: r.pick(self.rng) for r in value.roots}), str):
            return self.lift(lambda v: v.replace("-", "") if name == "hex" else int(v.replace("-", "")[
                -12 if name == "node" else 0:], 16), value)
        if isinstance(value, Clock) and value.factor is None and name in ("year", "month", "day", "hour", "minute"):
            self.note("assumed", node, "the time of this conversion")
            return getattr(datetime.datetime.now(), name)
        if name == "value" and isinstance(value, PLAIN + (list, dict, tuple)):
            return value  # a member of an Enum
        if isinstance(value, (Ref, Kept, Text, Rand, Hole, Clock, Body)) or isinstance(value, ONE_TYPE):
            if isinstance(value, (datetime.date, datetime.timedelta)) and not callable(getattr(value, name, None)):
                return getattr(value, name)
            return Bound("bound", value, name)
        if isinstance(value, Unknown):
            made = Unknown(value.why or name, value.answer)
            made.called = name
            return made
        return Unknown("%s of a value that is not known" % name)

    def all_names(self, cls):
        return {n for c in cls.mro for n in c.attributes}

    def module_attribute(self, value, name):
        full = value.name + "." + name
        if value.name == "options":
            return self.option(name)
        if full in ("string.ascii_letters", "string.ascii_lowercase", "string.ascii_uppercase", "string.digits",
                    "string.punctuation", "string.hexdigits"):
            return getattr(string, name)
        if full in ("math.pi", "math.e"):
            return getattr(math, name)
        if value.name == "re" and name.isupper():
            return int(getattr(re, name))
        return Module(full)

    def option(self, name):
        """The default of an option that the source adds to Locust's own."""
        for n in [x for own in self.modules.values() if own.tree is not None for x in ast.walk(own.tree)]:
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "add_argument":
                flags = [a.value for a in n.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                named = {k.arg: k.value for k in n.keywords}
                if name in [f.lstrip("-").replace("-", "_") for f in flags] and "default" in named:
                    self.note("assumed", n, "it has its default")
                    value = self.eval(named["default"], n.own.scope)
                    kind = named.get("type")
                    if isinstance(kind, ast.Name) and kind.id in ("int", "float") and isinstance(value, str):
                        return int(value) if kind.id == "int" else float(value)
                    return value
        return Unknown("option %s" % name)

    def instance_attribute(self, me, name):
        if name in me.values:
            value = me.values[name]
            if name in self.kept and self.in_task and (me, name) not in self.written:
                return self.kept_value(me, name, value)
            return value
        found = me.cls.get(name)
        if isinstance(found, Function):
            if found.kind in ("property", "cached_property"):
                return self.call_function(found, [me], {}, found.node)
            return found if found.kind == "staticmethod" else Method(found, me)
        if found is not None or name in self.all_names(me.cls):
            if name in self.kept and self.in_task and (me, name) not in self.written:
                return self.kept_value(me, name, found)
            return found
        if name == "client" and "user" in me.values:
            return self.instance_attribute(me.values["user"], "client")
        if name in ("parent", "locust") and "user" in me.values:
            return me.values["user"]
        if name == "__class__":
            return me.cls
        if name in ("model_dump", "dict", "model_dump_json", "json") and "BaseModel" in me.cls.kinds():
            return Bound("model", me, name)
        if name == "environment" and me is not self.around:
            return self.around
        if name in ("wait", "_sleep", "interrupt", "schedule_task", "rest", "rest_", "stop", "wait_time"):
            return Bound("me", me, name)
        if name == "host":
            return Target()
        if "user" in me.values and name not in ("user",):
            return Unknown("self.%s is not known" % name)
        return Unknown("self.%s is not known" % name)

    def kept_value(self, me, name, value):
        if is_plain(value) or isinstance(value, (Kept, Ref)) or isinstance(value, (list, dict)):
            if isinstance(value, Ref) or (isinstance(value, (list, dict)) and value):
                return value
            k = Kept(name, isinstance(value, (list, dict)))
            self.initial.setdefault(name, "" if value is None or isinstance(value, (list, dict)) else str(value))
            return k
        return value

    def set_attribute(self, owner, name, value, node):
        if isinstance(owner, Instance):
            if self.in_task and (owner, name) not in self.written and not isinstance(value, Ref):
                before, after = (self.lasting(v) for v in (owner.values.get(name, owner.cls.get(name)), value))
                self.changed |= {name} if None not in (before, after) and before != after else set()
            owner.values[name] = value
            self.written.add((owner, name))
            if self.in_task and isinstance(value, Ref):
                self.assigned.setdefault(name, []).append(value)
        elif isinstance(owner, Client):
            if name == "cookies" and isinstance(value, dict):
                owner.cookies.clear()
                owner.cookies.update(value)
            elif name == "headers" and isinstance(value, dict):
                owner.headers = value
            elif name == "base_url" and isinstance(value, (str, Text)):
                owner.base = value
            elif name in ("auth", "verify"):
                setattr(owner, name, value)
            elif name in ("headers", "cookies"):
                self.note("left out", node, "its value is not known")
        elif isinstance(owner, Class):
            owner.attributes[name] = value

    @staticmethod
    def lasting(value):
        """Whether a value is true, whatever chance decides; None: that is not known."""
        return bool(value) if is_plain(value) else True if isinstance(value, (Rand, Text)) else None

    def response_attribute(self, r, name):
        if name in ("text", "content"):
            return Body(r, "text")
        if name == "status_code":
            return Status(r)
        if name == "headers":
            return Ref(r.step, "header")
        if name == "cookies":
            return Ref(r.step, "cookie")
        if name == "ok":
            return Test(r, {"status": "100-399"}, True)
        if name == "elapsed":
            return Body(r, "elapsed")
        if name == "js":
            return Ref(r.step, "json")
        return Bound("answer", r, name)

    # --- calls

    def e_Call(self, node, scope):
        f = self.eval(node.func, scope)
        try:
            args = self.items(node.args, scope)
            named = {}
            for k in node.keywords:
                value = self.eval(k.value, scope)
                if k.arg is not None:
                    named[k.arg] = value
                elif isinstance(value, dict):
                    named.update({str(x): y for x, y in value.items()})
                else:
                    named["?"] = value
        except ValueError as e:
            args, named = [], {"?": Unknown(str(e))}
        self.line = self.place(node)
        return self.call(f, args, named, node, scope)

    def call(self, f, args, named, node, scope=None):
        if isinstance(f, Function):
            return self.call_function(f, args, named, node)
        if isinstance(f, Method):
            return self.call_function(f.function, ([f.me] if f.me is not None else []) + args, named, node)
        if isinstance(f, Class):
            return self.make(f, args, named, node)
        if isinstance(f, Module):
            return self.call_module(f.name, args, named, node, scope)
        if isinstance(f, Rand):
            return Unknown("a function by chance")
        if isinstance(f, Wait):
            return f  # what self.wait_time() returns is a pause
        if isinstance(f, Element):
            return self.call_element(f, "__call__", args, named, node)
        if isinstance(f, Bound):
            return getattr(self, "call_" + f.kind)(f.owner, f.name, args, named, node)
        return self.call_unknown(f, args, named, node)

    def call_unknown(self, f, args, named, node):
        bad = f if isinstance(f, Unknown) else find((args, named), Unknown)
        if self.steps is not None and find((args, named), (Client, Instance)) is not None and \
                isinstance(node, ast.Call):
            self.note("left out", node, "what it sends, if anything, because it is not in this file or near it")
        started = self.started(getattr(f, "called", ""), args, named, node)
        if started is not None:
            return started
        answer = find((args, named), (Response, Ref, Body)) is not None
        return Unknown(bad.why if bad is not None and bad.why else "a call", answer or getattr(f, "answer", False))

    def started(self, name, args, named, node):
        """A function of the source that is given to one that is not: a thread or a pool calls it; what others do with it is
        not known. None: there is no function that sends."""
        values = args + list(named.values())
        sending = [v for v in values if self.sent_by(v)]
        if not sending or self.steps is None:
            return None
        if name not in STARTERS:
            self.lost(node, "what it sends, because this is not in this file or near it", sum(map(self.sent_by, sending)))
            return Unknown(name)
        self.note("assumed", node, "this runs before what follows, not next to it")
        rest = values[values.index(sending[0]) + 1:]
        if name in ("Thread", "Greenlet", "Timer", "Process") and "args" in named:
            rest = list(named["args"]) if isinstance(named["args"], (list, tuple)) else [Unknown("arguments")]
        if name in ("map", "imap", "imap_unordered"):
            rounds = self.iterate(rest[0]) if rest else None
            if rounds is None:
                self.lost(node, "its rounds are not known", self.sent_by(sending[0]))
            return [self.call(sending[0], [v], {}, node) for v in rounds or []]
        return self.call(sending[0], rest if name not in ("Thread", "Timer", "Process") or "args" in named else [], {}, node)

    def make(self, cls, args, named, node):
        me = Instance(cls)
        init = cls.get("__init__")
        if isinstance(init, Function):
            self.call_function(init, [me] + args, named, node)
        else:
            for name, value in list(zip(self.fields(cls), args)) + list(named.items()):
                me.values[name] = value
        return me

    def call_function(self, f, args, named, node):
        if len(self.active) >= DEPTH_MAX // 2:
            if self.steps is not None and self.sent_by(f):
                self.lost(node, "calls are nested too deeply", 1)
            raise ValueError("calls are nested too deeply")
        a, scope = f.node.args, Scope(f.scope)
        names = [x.arg for x in a.posonlyargs + a.args]
        outer = self.sink, self.when, self.line, self.top
        self.top = self.top and self.steps is None
        for name, d in zip(reversed(names), reversed(a.defaults)):
            scope.names[name] = self.eval(d, f.scope)
        for x, d in zip(a.kwonlyargs, a.kw_defaults):
            scope.names[x.arg] = self.eval(d, f.scope) if d is not None else Unknown("an argument")
        for name in names:
            scope.names.setdefault(name, Unknown("argument %s" % name))
        scope.names.update(zip(names, args))
        if a.vararg:
            scope.names[a.vararg.arg] = tuple(args[len(names):])
        rest = {k: v for k, v in named.items() if k not in names and k not in [x.arg for x in a.kwonlyargs]}
        scope.names.update({k: v for k, v in named.items() if k not in rest})
        if a.kwarg:
            scope.names[a.kwarg.arg] = rest
        scope.names["\0owner"] = f.owner
        scope.names["\0me"] = args[0] if args else None
        if isinstance(f.node, ast.Lambda):
            return self.eval(f.node.body, scope)
        yields = None
        if count_nodes(f.node.body, (ast.Yield, ast.YieldFrom)):
            yields = scope.names["\0yields"] = []
        self.active.append(f)
        try:
            self.block(f.node.body, scope)
        except Return as r:
            if yields is None:
                return r.args[0]
        finally:
            self.active.pop()
            _, self.when, self.line, self.top = outer
        if yields is None:
            return None
        if f.kind == "contextmanager":  # all of it is before the block that uses it
            return yields[0] if yields else None
        return yields

    def call_me(self, me, name, args, named, node):
        user = me.values.get("user", me)
        if name == "interrupt":
            raise Interrupt()
        if name in ("rest", "rest_"):
            named.setdefault("catch_response", True)
            return self.writer.request(self.instance_attribute(user, "client"), "request", args, named, node)
        if name in ("wait", "_sleep"):
            if self.steps is not None:
                usual = None if args else self.wait_of(me.cls, me, self.sink) or self.wait_of(user.cls, user, self.sink)
                self.writer.pause(Wait("between", usual["low"], usual["high"]) if usual else args[0] if args else 0, node)
            return None
        if name == "stop" and self.steps is not None:
            self.note("left out", node, "users stay until the end of the test")
        return Unknown("self.%s" % name)

    def call_model(self, me, name, args, named, node):
        """The fields of a pydantic model, as a dict or as JSON."""
        if named.keys() - {"mode", "exclude_none"}:
            return Unknown("%s with options" % name)
        made = {k: self.call_model(v, "dict", [], {}, node) if isinstance(v, Instance) else v
                for k, v in {**self.fields(me.cls), **me.values}.items() if v is not None or not named.get("exclude_none")}
        return made if name in ("model_dump", "dict") else self.m_json_dumps([made], {"separators": (",", ":")}, node, None)

    @staticmethod
    def fields(cls):
        """Annotated names of a class in their order: their values, or None."""
        return {n.target.id: cls.get(n.target.id) for c in reversed(cls.mro) for n in c.body
                if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}

    def m_dataclasses_asdict(self, args, named, node, scope):
        return self.call_model(args[0], "dict", [], {}, node) if isinstance(args[0], Instance) else Unknown("asdict")

    def m_os_urandom(self, args, named, node, scope):
        root = Root(draw=lambda rng: rng.getrandbits(8 * args[0]).to_bytes(args[0], "big"))
        return self.settle(Rand([root], lambda w: w[root])) if isinstance(args[0], int) else Unknown("random bytes")

    m_secrets_token_bytes = m_os_urandom

    def call_client(self, client, name, args, named, node):
        if name in METHODS:
            return self.writer.request(client, name, args, named, node)
        if name == "close":
            return None
        if name in ("rename_request", "close", "mount"):
            return Unknown(name)
        if name in ("stream", "send", "websocket", "ws_connect", "connect") and self.steps is not None:
            self.note("lost", node, "this kind of request", 1)
        return Unknown("client.%s" % name, True)

    def call_nothing(self, value, name, args, named, node):
        if name in ("on_start", "on_stop") and any(isinstance(b, Module) and "locust" not in b.name
                                                   for c in value.me.cls.mro for b in c.bases):
            self.note("left out", node, "what it sends, if anything, because it is not in this file or near it")

    def call_same(self, value, name, args, named, node):
        return value

    def call_found(self, value, name, args, named, node):
        if name == "groups":
            return tuple(self.group(value, i) for i in range(1, 1 + self.groups(value.pattern)))
        if name == "groupdict":
            return {k: self.group(value, k) for k in re.compile(value.pattern).groupindex}
        if name not in ("group", "__getitem__"):
            return Unknown("a part of a search", True)
        found = [self.group(value, g) for g in args or [0]]
        return found[0] if len(found) == 1 else tuple(found)

    def group(self, value, group):
        if not self.has_group(value.pattern, group):
            return Unknown("a group that the expression does not have", True)
        return Ref(value.response.step, "regex", (value.pattern, group))

    @staticmethod
    def groups(pattern):
        try:
            return re.compile(pattern).groups
        except (re.error, TypeError):
            return 1  # the scenario's loader says what is wrong with it

    @staticmethod
    def has_group(pattern, group):
        try:
            known = re.compile(pattern)
        except (re.error, TypeError):
            return True
        return group in known.groupindex if isinstance(group, str) else isinstance(group, int) and 0 <= group <= known.groups

    def pattern_of(self, pattern, flags, start=""):
        """A pattern of the source as the scenario has it, with its flags; None: it cannot be known."""
        pattern = shown(pattern) if isinstance(pattern, bytes) else pattern
        if not isinstance(pattern, str) or not isinstance(flags, int):
            return None
        letters = "".join(c for c, f in (("i", re.I), ("m", re.M), ("s", re.S), ("x", re.X)) if flags & f)
        return ("(?%s)" % letters if letters else "") + (start + "(?:%s)" % pattern if start else pattern)

    def call_file(self, value, name, args, named, node):
        if name in ("read", "read_bytes", "read_text", "seek", "close"):
            return value
        if name == "readlines":
            lines = self.lines_of(value)
            return lines if lines is not None else self.content(value)
        return self.call(self.attribute(self.content(value), name, node), args, named, node)

    def call_shape(self, me, name, args, named, node):
        return me.values["\0now"]

    def call_answer(self, r, name, args, named, node):
        if name == "json":
            return Ref(r.step, "json")
        if name == "failure":
            if self.checking is not r and self.steps is not None:
                r.step.setdefault("failed", True)
            return None
        if name == "success" or name == "raise_for_status" or name in ("close", "iter_lines", "iter_content"):
            return None if name in ("success", "raise_for_status", "close") else Unknown("the answer", True)
        return Unknown("%s of an answer" % name, True)

    def call_bound(self, value, name, args, named, node):
        """A method of a value."""
        if isinstance(value, Body):
            return self.call_body(value, name, args)
        if isinstance(value, Ref):
            return self.call_ref(value, name, args, node)
        if isinstance(value, Kept):
            return self.call_kept(value, name, args, node)
        if isinstance(value, Clock):
            return self.call_clock(value, name, args, node)
        if isinstance(value, (list, dict, set)):
            return self.call_container(value, name, args, named, node)
        if isinstance(value, Hole) and name in ("int", "__str__"):
            return Text([value])
        if isinstance(value, (str, Text)) and name in ("format", "join", "encode", "decode", "strip", "replace"):
            made = self.call_text(value, name, args, named)
            if made is not None:
                return made
        if name.startswith("_"):
            return Unknown(name)
        if isinstance(value, Rand) and value.row and name == "get" and len(args) == 1:
            return self.item(value, args[0], node)
        if isinstance(value, str) and name == "format" and (
                "!" in value or re.search(r"\d{5}|\{[^}]*[.\[]", value) is not None):
            return Unknown("a format")
        if name in ("ljust", "rjust", "center", "zfill") and args and isinstance(args[0], int) and args[0] > 10000:
            return Unknown("a text that is too long")
        if isinstance(value, Hole) and name in ("get", "pop", "update"):
            return Unknown(name)
        return self.lift(lambda v, a, k: self.plain(getattr(v, name)(*a, **k)), value, args, named)

    def plain(self, v):
        return list(v) if isinstance(v, (type({}.keys()), type({}.values()), type({}.items()), types.GeneratorType)) else v

    def call_text(self, value, name, args, named):
        if name == "format" and isinstance(value, str) and not (is_plain(args) and is_plain(named)):
            return self.format(value, args, named)
        if name == "join" and args and isinstance(value, str) and isinstance(args[0], (list, tuple)) and \
                not is_plain(args[0]) and find(args[0], Unknown) is None:
            out = []
            for i, v in enumerate(args[0]):
                out += ([value] if i else []) + [v]
            return self.join(out) if out else ""
        if isinstance(value, Text) and name in ("encode", "decode", "strip"):
            return value
        return None

    def format(self, text, args, named):
        parts, n = [], 0
        for literal, field, spec, code in string.Formatter().parse(text):
            parts.append(literal)
            if field is None:
                continue
            if field == "" or field.isdigit():
                value = args[n if field == "" else int(field)]
                n += 1
            else:
                m = re.fullmatch(r"(\w+)(?:\[(\w+)\])?", field)
                if m is None:
                    return Unknown("a format")
                value = args[int(m.group(1))] if m.group(1).isdigit() else named[m.group(1)]
                if m.group(2) is not None:
                    value = self.item(value, m.group(2), self.line)
            parts.append(self.lift(lambda v, s=spec: format(v, s), value) if spec else value)
        return self.join(parts)

    def call_body(self, value, name, args):
        if name == "total_seconds" and value.what == "elapsed":
            return Body(value.response, "seconds")
        if name in ("decode", "strip", "lower") and value.what == "text":
            return value
        made = self.split(Ref(value.response.step, "body"), name, args) if value.what == "text" else None
        return made or Unknown("the answer", True)

    def call_ref(self, value, name, args, node):
        if name == "get" and args and isinstance(args[0], str):
            made = self.inside(value, args[0])
            if isinstance(made, Ref):
                default = args[1] if len(args) > 1 else None
                if isinstance(default, (dict, list)):
                    made.default = None
                else:
                    made.default = "" if not isinstance(default, (str, int, float)) else default
            return made
        if name in ("strip", "decode", "encode"):
            return value
        return self.split(value, name, args) or Unknown("a calculation with an answer", True)

    def split(self, ref, name, args):
        """split() of a text of an answer; None: it cannot be read."""
        known = name == "split" and args and isinstance(args[0], str) and args[0] and ref.source != "regex"
        most = args[1] if known and len(args) > 1 else None
        good = known and isinstance(most, (int, type(None))) and (ref.part is None or ref.within)
        return Pieces(ref, args[0], most) if good else None

    def call_kept(self, value, name, args, node):
        if name in ("append", "add") and args and isinstance(args[0], Ref):
            self.assigned.setdefault(value.name, []).append(args[0])
            return None
        if name in ("append", "add", "clear", "remove", "extend"):
            return None
        if name == "pop":
            self.note("assumed", node, "the last of %s" % value.name)
            return Kept(value.name)
        return Unknown("a calculation with %s" % value.name, True)

    def call_clock(self, value, name, args, node):
        if name == "isoformat":
            return Hole("now.iso")
        if name == "timestamp":
            return Clock(1)
        self.note("assumed", node, "the time of this conversion")
        return self.lift(lambda v, a: getattr(v, name)(*a), datetime.datetime.now(), args)

    def call_container(self, value, name, args, named, node):
        if isinstance(value, list) and (name in QUEUE or name == "get"):
            name, args, named = QUEUE.get(name, "pop"), args[:1] if name.startswith("put") else [0], {}
        if isinstance(value, list) and name in ("empty", "qsize"):
            return not value if name == "empty" else len(value)
        if isinstance(value, list) and name in ("append", "add") and args and isinstance(args[0], Ref) and self.in_task:
            for owner in self.users_now:
                for key, held in owner.values.items():
                    if held is value:
                        self.assigned.setdefault(key, []).append(args[0])
        if isinstance(value, list) and name == "pop" and len(value) > 1 and self.steps is not None and \
                not self.in_task and any(v is value for v in self.shared()):
            return self.taken(value)
        if isinstance(value, dict) and name == "get_dict":
            return dict(value)
        if isinstance(value, dict) and name in ("set", "set_cookie") and len(args) > 1 and isinstance(args[0], str):
            value[args[0]] = args[1]
            return None
        if isinstance(value, Jar) and name == "get" and args and isinstance(args[0], str) and args[0] not in value:
            found = self.cookie_of(value, args[0], node)
            return found if isinstance(found, Ref) else args[1] if len(args) > 1 else None
        if isinstance(value, Jar) and name in ("clear", "clear_session_cookies"):
            self.note("left out", node, "users keep the cookies that answers set")
        if isinstance(value, dict) and name == "get" and args and is_plain(args[0]):
            return value.get(args[0], args[1] if len(args) > 1 else None)
        if name in ("update", "setdefault") and isinstance(value, dict):
            if args and not isinstance(args[0], dict):
                return Unknown("a dict")
            if name == "update":
                value.update(*args, **named)
                return None
        if name in MUTATORS or name == "copy":
            return getattr(value, name)(*args, **named) if name != "sort" else None
        if isinstance(value, dict) and name in ("items", "keys", "values"):
            return [x if name != "items" else x for x in getattr(value, name)()]
        return self.lift(lambda v, a, k: self.plain(getattr(v, name)(*a, **k)), value, args, named)

    def shared(self):
        """Values of modules, and what is in their classes, objects and dicts, which all users share."""
        for own in list(self.modules.values()):
            for v in own.scope.names.values():
                yield v
                inner = v.attributes if isinstance(v, Class) else v.values if isinstance(v, Instance) else v
                if isinstance(inner, dict):
                    yield from inner.values()

    def taken(self, values):
        """USERS.pop(): each user takes another one."""
        rows = self.flatten(list(values))
        if roots_of(rows):  # each row is drawn once
            rows = [resolve(v, {r: r.pick(self.rng) for r in roots_of(v)}) for v in rows]
        if not is_plain(rows):
            self.note("assumed", self.line, "the first of %d values instead of each in turn" % len(values))
            return values[0]
        root = Root(rows, taken=True, file=self.file_of(rows))
        return Rand([root], lambda w: w[root], row=root.file is not None)

    # --- functions by name

    def call_module(self, name, args, named, node, scope):
        last = name.split(".")[-1]
        special = getattr(self, "m_" + name.replace("builtins.", "").replace(".", "_"), None)
        if special is not None:
            return special(args, named, node, scope)
        if name in PURE:
            args = self.content(args)
            if find((args, named), (Text, Ref, Kept, Hole)) is not None:
                return self.call_pure(name, args, named)
            return self.lift(lambda a, k: PURE[name](*a, **k), args, named)
        if name.startswith(("ujson.", "orjson.", "simplejson.", "flask.json.")) and last in ("dumps", "loads"):
            return getattr(self, "m_json_" + last)(args, named, node, scope)
        if name.startswith("numpy.random."):  # its upper end is not in it
            return self.draw("randrange" if last == "randint" else last, args, named, node)
        if name.startswith(("random.", "secrets.")):
            return self.draw(last, args, named, node)
        if name.startswith("hashlib.") and last in ("md5", "sha1", "sha256", "sha512"):
            return self.lift(lambda a: _Digest(getattr(hashlib, last)(*a)), self.content(args))
        if name in SESSIONS:
            return Client(outside=True)
        if name.startswith(("requests.", "httpx.")) and last in METHODS:
            return self.writer.request(Client(outside=True), last, args, named, node)
        if "faker" in name.lower() or name.startswith(("fake.", "Faker")):
            return Module("faker.instance") if last in ("Faker", "create") else self.sample(last, args, named, node)
        if last == "add_listener" and args:
            return self.listen(name, args[0], node)
        started = self.started(last, args, named, node)
        if started is not None:
            return started
        if any(name.replace("builtins.", "").startswith(q) for q in QUIET) or name.startswith("builtins."):
            return Unknown(name.replace("builtins.", ""))
        if self.steps is not None and find((args, named), (Client, Instance)) is not None:
            self.note("left out", node, "what it sends, if anything, because it is not in this file or near it")
        return Unknown(self.from_where(name), find((args, named), (Response, Ref, Body)) is not None)

    def sample(self, name, args, named, node):
        given = self.drawn_sample(name, args, named, node)
        if given is not None:
            return given
        if name in SAMPLES:
            self.note("assumed", node, "%s is always \"%s\"" % (name, SAMPLES[name]))
            return SAMPLES[name]
        if name.startswith("uuid"):
            return self.m_uuid_uuid4([], {}, node, None)
        value = 7 if name.startswith(("random_digit", "pyfloat", "random_number")) else "example"
        self.note("assumed", node, "%s is always %s" % (name, value))
        return value

    def drawn_sample(self, name, args, named, node):
        """What faker draws as random does."""
        def argument(i, *keys, default=None):
            return args[i] if len(args) > i else next((named[k] for k in keys if k in named), default)
        if name in ("random_int", "pyint"):
            low, high = argument(0, "min", "min_value", default=0), argument(1, "max", "max_value", default=9999)
            return self.draw("randrange", [low, high + 1, argument(2, "step", default=1)], {}, node) \
                if isinstance(low, int) and isinstance(high, int) else self.draw("randint", [low, high], {}, node)
        if name in ("random_digit", "random_digit_not_null"):
            return self.draw("randint", [0 if name == "random_digit" else 1, 9], {}, node)
        if name == "random_number" and isinstance(argument(0, "digits"), int) and 0 < argument(0, "digits") < 16:
            digits, fix = argument(0, "digits"), argument(1, "fix_len", default=False)
            return self.draw("randint", [10 ** (digits - 1) if fix else 0, 10 ** digits - 1], {}, node)
        if name in ("boolean", "pybool"):
            return self.draw("choice", [[True, False]], {}, node)
        if name == "random_element" and isinstance(argument(0, "elements"), (list, tuple)):
            return self.draw("choice", [argument(0, "elements")], {}, node)
        if name in ("numerify", "bothify", "lexify") and isinstance(argument(0, "text"), str) and len(argument(0, "text")) < 200:
            marks = {"#": string.digits, "?": string.ascii_letters} if name == "bothify" else \
                {"#": string.digits} if name == "numerify" else {"?": string.ascii_letters}
            text = argument(0, "text")
            root = Root(draw=lambda rng: "".join(rng.choice(marks[c]) if c in marks else c for c in text))
            return self.settle(Rand([root], lambda w: w[root]))
        return None

    def call_pure(self, name, args, named):
        value = args[0] if args else None
        if name in ("builtins.float", "builtins.round") and isinstance(value, Ref):
            return value.but(number=True)
        if name in ("urllib.parse.quote", "urllib.parse.quote_plus", "urllib.quote") and isinstance(
                value, (Ref, Kept, Hole, Text)):
            return value  # a scenario escapes values in a path
        if name.startswith("base64.b64encode") and isinstance(value, (Text, Ref, Kept)):
            inner = self.writer.expressions(value)
            return Hole("base64(%s)" % inner) if inner else Unknown("base64 of a value")
        if name == "builtins.len" and isinstance(value, (list, tuple, dict, set)):
            return len(value)
        if name == "builtins.len" and isinstance(value, (Ref, Kept)):
            return value if isinstance(value, Kept) else Unknown("the length of an answer's list", True)
        if name == "json.loads" and isinstance(value, Text) and value.data is not None:
            return value.data
        return self.lift(lambda a, k: PURE[name](*a, **k), args, named)

    def draw(self, name, args, named, node):
        bad = find((args, list(named.values())), Unknown)
        if bad is not None:
            return bad
        rand = between = None
        args = args + list(named.values()) if name not in ("choice", "choices") else args or (
            [named["seq"]] if "seq" in named else [])
        if name in ("randint", "randrange", "randbelow", "integers"):
            rand = self.draw_int(name, args)
        elif name == "choice":
            if "size" in named:
                return Unknown("several values by chance")
            rand = self.draw_choice(args[0], node) if "p" not in named else self.item(
                self.draw_choices(args[:1], {"weights": named["p"]}, node), 0, node)
        elif name == "choices":
            rand = self.draw_choices(args or [named.pop("population")], named, node)
        elif name in ("token_hex", "token_urlsafe"):
            n = args[0] if args else 32
            root = Root(draw=lambda rng: "%0*x" % (2 * n, rng.getrandbits(8 * n)))
            rand = Rand([root], lambda w: w[root])
        elif name == "Random" or name in ("seed", "default_rng"):
            return Module("random")
        elif name == "shuffle":
            self.note("assumed", node, "its order is that of the source")
            return None
        elif draw_functions(name) is not None:
            f = draw_functions(name)
            if name in ("binomial", "normal", "uniform") and len(args) == 3:  # numpy's number of values
                many = args[2][0] if isinstance(args[2], tuple) and len(args[2]) == 1 else args[2]
                return [self.draw(name, args[:2], {}, node) for _ in range(min(many, NAMES_MAX))]
            if not is_plain(args):
                return self.drawn(f, args)
            root = Root(draw=lambda rng: f(rng, *args))
            between = tuple(args) if name == "uniform" else (0, 1) if name == "random" else None
            rand = Rand([root], lambda w: w[root], between=between)
            rand.make({root: root.pick(self.rng)})
        return self.settle(rand) if rand is not None else Unknown("random.%s" % name)

    def drawn(self, f, args):
        """A draw whose arguments are draws: the same wherever the source uses its result."""
        if not roots_of(args):
            return Unknown("a draw")
        root = Root(draw=lambda rng: rng.getrandbits(64))
        return self.lift(lambda seed, a: f(random.Random(seed), *a), Rand([root], lambda w: w[root]), args)

    def draw_int(self, name, args):
        args = [int(a) if isinstance(a, float) and a.is_integer() else a for a in args]
        if not all(isinstance(a, int) for a in args):
            if roots_of(args):
                return self.drawn(lambda rng, *a: getattr(rng, name)(*a), args) if name in ("randint", "randrange") else None
            return None
        if name == "randint":
            low, high, step = args[0], args[1], 1
        else:
            low, high = (0, args[0] - 1) if len(args) == 1 else (args[0], args[1] - 1)
            step = args[2] if len(args) > 2 else 1
        if low > high:
            raise ValueError("an empty range")
        values = range(low, high + 1, step)
        root = Root(list(values)) if len(values) <= ROWS_MAX else Root(draw=lambda rng: rng.choice(values))
        return Rand([root], lambda w: w[root], ("random.int(%d, %d)" % (low, high), True) if step == 1 else None, (low, high))

    def draw_choice(self, values, node):
        if isinstance(values, (Ref, Kept)):
            if isinstance(values, Kept):
                return self.item(values, 0, node)
            self.note("assumed", node, "the first element of the answer's list")
            return self.inside(values, 0)
        if isinstance(values, (Rand, Text)):
            return self.drawn(lambda rng, v: rng.choice(list(v)), [values])
        values = list(values)
        if not values:
            raise ValueError("an empty list")
        if find(values, (Ref, Kept, Text, Hole, Clock, Function, Method, Instance, Class, Rand, Module, Bound)) is not None:
            return self.pick_path(values, node)
        if len(values) == 1:
            return values[0]
        if len(values) > 100000:
            values = values[:100000]
        root = Root(values) if len(values) <= ROWS_MAX else Root(draw=lambda rng: rng.choice(values))
        root.file = self.file_of(values)
        return Rand([root], lambda w: w[root], row=root.file is not None)

    def draw_choices(self, args, named, node):
        values, weights = list(args[0]), named.get("weights", args[1] if len(args) > 1 else None)
        k = named.get("k", 1)
        if not is_plain(values) and k == 1 and (weights is None or is_plain(weights)):
            return [self.pick_path(values, node, weights)]
        if not is_plain(values) or not isinstance(k, int) or not 0 < k < 10000:
            return None
        if k == 1:
            root = Root([[v] for v in values], weights=weights)
        else:
            root = Root(draw=lambda rng: rng.choices(values, weights, k=k))
        return Rand([root], lambda w: w[root])

    def m_uuid_uuid4(self, args, named, node, scope):
        root = Root(draw=lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)))
        return self.settle(Rand([root], lambda w: w[root], ("uuid", False)))

    m_uuid_uuid1 = m_uuid_uuid4

    def m_time_time(self, args, named, node, scope):
        return Clock(1)

    def m_time_strftime(self, args, named, node, scope):
        self.note("assumed", node, "the time of this conversion")
        return self.lift(lambda f: datetime.datetime.now().strftime(f), args[0])

    def m_time_time_ns(self, args, named, node, scope):
        return Clock(10 ** 9)

    def m_datetime_datetime_now(self, args, named, node, scope):
        return Clock(None)

    m_datetime_datetime_utcnow = m_datetime_now = m_datetime_datetime_today = m_datetime_datetime_now

    def m_datetime_date_today(self, args, named, node, scope):
        self.note("assumed", node, "the day of this conversion")
        return datetime.date.today()

    def m_time_sleep(self, args, named, node, scope):
        if self.steps is not None:
            self.writer.pause(args[0] if args else 0, node)

    m_gevent_sleep = m_asyncio_sleep = m_time_sleep

    def m_dotenv_load_dotenv(self, args, named, node, scope):
        """Values of a .env file are defaults of the environment, except secrets."""
        given = named.get("dotenv_path", args[0] if args else ".env")
        text = self.content(File(str(given))) if isinstance(given, str) else ""
        for line in text.splitlines() if isinstance(text, str) else []:
            m = re.fullmatch(r"\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*", line)
            if m is not None and not re.search(SECRET, m.group(1), re.I):
                value = m.group(2)
                quoted = value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1
                self.dotenv[m.group(1)] = value[1:-1] if quoted else value.split(" #")[0]
        return True

    def m_json_dumps(self, args, named, node, scope):
        kept = {k: v for k, v in named.items() if k in ("indent", "separators", "ensure_ascii", "sort_keys")}
        bad = find((args[0], kept), Unknown)
        if bad is not None:
            return bad
        if is_plain(args[0]):
            return json.dumps(args[0], **kept)
        try:
            return Text(self.json_parts(args[0], kept), data=args[0])
        except (ValueError, TypeError, LookupError):
            return Text([Unknown("JSON in another text")], data=args[0])

    def json_parts(self, value, kept):
        """JSON with holes, as the parts of a text."""
        holes = []

        def put(v):
            if isinstance(v, dict):
                return {shown(k): put(x) for k, x in v.items()}
            if isinstance(v, (list, tuple)):
                return [put(x) for x in v]
            if isinstance(v, PLAIN):
                return v
            quoted = isinstance(v, (Ref, Kept, Text, Hole, Clock)) and not getattr(v, "number", False) and not (
                isinstance(v, Clock) and v.factor is not None)
            flat = self.flatten(v) if isinstance(v, Text) else v
            if isinstance(flat, Rand):
                quoted, v = False, self.lift(json.dumps, flat)
            part = self.text(v)
            if not isinstance(part, Text):
                raise ValueError("a value that JSON does not have")
            holes.append((part, quoted))
            return "\ue004%d\ue005" % (len(holes) - 1)

        out = []
        for i, piece in enumerate(re.split("\"\\\\ue004(\\d+)\\\\ue005\"|\"\ue004(\\d+)\ue005\"", json.dumps(put(value), **kept))):
            if i % 3 == 0:
                out.append(piece)
            elif piece is not None:
                part, quoted = holes[int(piece)]
                out += ["\""] * quoted + part.parts + ["\""] * quoted
        return out

    def m_io_BytesIO(self, args, named, node, scope):
        return args[0] if args else ""

    m_io_StringIO = m_io_BytesIO

    def m_open(self, args, named, node, scope):
        mode = args[1] if len(args) > 1 else named.get("mode", "r")
        return File(str(args[0]), "b" in str(mode)) if args and isinstance(args[0], str) else Unknown("a file")

    m_io_open = m_codecs_open = m_open

    def m_json_loads(self, args, named, node, scope):
        if isinstance(args[0], Body) and args[0].what == "text":
            return Ref(args[0].response.step, "json")
        return self.call_pure("json.loads", [self.content(args[0])], {})

    def m_json_load(self, args, named, node, scope):
        return self.lift(json.loads, self.content(args[0]))

    def rows(self, reader, args, named):
        lines = self.iterate(args[0])
        kept = {k: v for k, v in named.items() if k in ("delimiter", "quotechar", "fieldnames", "skipinitialspace")}
        if lines is None or not is_plain((lines, kept, args[1:])):
            return self.content(args[0]) if isinstance(args[0], File) else Unknown("a CSV file")
        out = [Row(r) if isinstance(r, dict) else r for r in reader(lines, *args[1:], **kept)]
        if reader is csv.DictReader and isinstance(args[0], File) and len(args) == 1 and not kept.keys() - {"delimiter"}:
            place = self.source_file(args[0].path), kept.get("delimiter", ","), len(out)
            for r in out:
                r.place = place
        return out

    @staticmethod
    def file_of(values):
        """The CSV file of which these are all rows, or None."""
        places = {getattr(v, "place", None) for v in values}
        place = places.pop() if len(places) == 1 else None
        return place if place is not None and place[2] == len({id(v) for v in values}) else None

    def m_csv_reader(self, args, named, node, scope):
        return self.rows(csv.reader, args, named)

    def m_csv_DictReader(self, args, named, node, scope):
        return self.rows(csv.DictReader, args, named)

    def m_os_path_abspath(self, args, named, node, scope):
        return self.lift(self.absolute, args[0])

    m_os_path_realpath = m_os_path_abspath

    def m_os_path_exists(self, args, named, node, scope):
        return bool(self.near.find(args[0])) if isinstance(args[0], str) else Unknown("whether a file is there")

    m_os_path_isfile = m_os_path_isdir = m_os_path_exists

    def m_os_getcwd(self, args, named, node, scope):
        return self.near.folder or Unknown("the current folder")

    def m_pathlib_Path(self, args, named, node, scope):
        return self.lift(lambda *a: PathName(os.path.join(*a) if a else "."), *args)

    m_pathlib_PurePath = m_pathlib_Path

    def m_os_listdir(self, args, named, node, scope):
        made = self.listed(os.path.join(args[0] if args else ".", "*")) if all(isinstance(a, str) for a in args) else None
        return Unknown("the names of files") if made is None else [os.path.basename(p) for p in made]

    def m_glob_glob(self, args, named, node, scope):
        made = self.listed(args[0]) if isinstance(args[0], str) else None
        return Unknown("the names of files") if made is None else made

    def m_sys_path_append(self, args, named, node, scope):
        at = self.near.inside(self.absolute(args[-1])) if args and isinstance(args[-1], str) else ""
        if at and at not in self.near.folders:
            self.near.folders.append(at)

    m_sys_path_insert = m_sys_path_append

    def m_importlib_import_module(self, args, named, node, scope):
        own = self.own_module(args[0], node) if isinstance(args[0], str) and not args[0].startswith(".") else None
        return own or Unknown("a module")

    def m_requests_auth_HTTPBasicAuth(self, args, named, node, scope):
        return tuple(args[:2])

    def m_locust_between(self, args, named, node, scope):
        return Wait("between", *args[:2])

    def m_locust_constant(self, args, named, node, scope):
        return Wait("constant", args[0], args[0])

    def m_locust_constant_pacing(self, args, named, node, scope):
        return Wait("pacing", args[0], args[0])

    def m_locust_constant_throughput(self, args, named, node, scope):
        return Wait("throughput", args[0], args[0])

    m_locust_wait_time_between, m_locust_wait_time_constant = m_locust_between, m_locust_constant
    m_locust_wait_time_constant_pacing = m_locust_constant_pacing
    m_locust_wait_time_constant_throughput = m_locust_constant_throughput

    def m_os_getenv(self, args, named, node, scope):
        return self.environment(args[0], args[1] if len(args) > 1 else named.get("default"), node, False)

    m_os_environ_get = m_os_getenv

    def m_str(self, args, named, node, scope):
        return self.text(args[0]) if args else ""

    def m_int(self, args, named, node, scope):
        v = args[0] if args else 0
        if isinstance(v, Ref):
            return v.but(number=True)
        if isinstance(v, Clock):
            return Hole("now.ms" if v.factor == 1000 else "now.unix", True)
        if isinstance(v, (Hole, Kept)):
            return v
        return self.lift(int, *args)

    def m_range(self, args, named, node, scope):
        if all(isinstance(a, int) for a in args):
            return range(*args)
        return self.lift(lambda *a: range(*a), *args)

    def m_list(self, args, named, node, scope):
        v = args[0] if args else []
        if isinstance(v, (Ref, Kept)):
            return v
        values = self.iterate(v)
        return values if values is not None else self.lift(list, v)

    def m_dict(self, args, named, node, scope):
        out = dict(args[0]) if args and isinstance(args[0], (dict, list)) else {}
        out.update(named)
        return out if not args or isinstance(args[0], (dict, list)) else Unknown("a dict")

    def m_tuple(self, args, named, node, scope):
        v = self.m_list(args, named, node, scope)
        return tuple(v) if isinstance(v, list) else v

    def m_set(self, args, named, node, scope):
        v = self.m_list(args, named, node, scope)
        return list(dict.fromkeys(v)) if isinstance(v, list) and is_plain(v) else v

    m_frozenset = m_set

    def m_sorted(self, args, named, node, scope):
        key, reverse = named.get("key"), named.get("reverse", False)
        if key is None:
            return self.lift(lambda v, r: sorted(v, reverse=r), args[0], reverse)
        values = self.iterate(args[0])
        keys = [self.call(key, [v], {}, node) for v in values or []]
        if values is None or not is_plain(keys) or not isinstance(reverse, bool):
            return Unknown("sorted")
        return [values[i] for i in sorted(range(len(values)), key=lambda i: keys[i], reverse=reverse)]

    def m_filter(self, args, named, node, scope):
        if isinstance(args[1], Ref) and args[1].source == "json":
            self.note("assumed", node, "the answer's list has one element, which fits")
            return [self.inside(args[1], 0)]
        values = self.iterate(args[1])
        kept = [v if args[0] is None else self.call(args[0], [v], {}, node) for v in values or []]
        if values is None or not is_plain(kept):
            return Unknown("a list", find(args, (Ref, Kept)) is not None)
        return [v for v, keep in zip(values, kept) if keep]

    def m_enumerate(self, args, named, node, scope):
        values = self.iterate(args[0])
        start = args[1] if len(args) > 1 else named.get("start", 0)
        return [(i + start, v) for i, v in enumerate(values)] if values is not None else Unknown("a list", True)

    def m_zip(self, args, named, node, scope):
        all_values = [self.iterate(a) for a in args]
        return list(zip(*all_values)) if None not in all_values else Unknown("a list")

    def m_reversed(self, args, named, node, scope):
        values = self.iterate(args[0])
        return list(reversed(values)) if values is not None else Unknown("a list")

    def m_map(self, args, named, node, scope):
        values = self.iterate(args[1])
        return [self.call(args[0], [v], {}, node) for v in values] if values is not None else Unknown("a list")

    def m_next(self, args, named, node, scope):
        if isinstance(args[0], Hole) or (isinstance(args[0], Rand) and any(r.taken for r in args[0].roots)):
            return args[0]
        if isinstance(args[0], (list, tuple)):
            return args[0][0] if args[0] or len(args) < 2 else args[1]
        return self.lift(lambda v, *d: next(iter(v), *d), *args)

    def m_iter(self, args, named, node, scope):
        return args[0]

    def m_itertools_cycle(self, args, named, node, scope):
        values = self.iterate(args[0])
        return self.taken(values) if values else Unknown("a cycle")

    def m_itertools_count(self, args, named, node, scope):
        return Hole("iteration", True)

    def m_dotenv_dotenv_values(self, args, named, node, scope):
        self.note("assumed", node, "this file is empty")
        return {}

    def m_callable(self, args, named, node, scope):
        return isinstance(args[0], (Function, Method, Bound, Class, Module))

    def m_isinstance(self, args, named, node, scope):
        value, kinds = args[0], args[1] if isinstance(args[1], (tuple, list)) else (args[1],)
        if isinstance(value, (Ref, Kept)):
            return Unknown("the type of an answer", True)
        names = [k.name.split(".")[-1] if isinstance(k, Module) else "" for k in kinds]
        if isinstance(value, Module) and value.name == "locust.runner":  # as without --master and --worker
            return any(n in ("LocalRunner", "Runner") for n in names)
        if isinstance(value, Instance):
            return any(k in value.cls.mro for k in kinds)
        if isinstance(value, (Text, str)) and all(names):
            return "str" in names
        if isinstance(value, (int, float, dict, list, tuple, set, bytes, type(None))) and all(names):
            return type(value).__name__ in names or (isinstance(value, bool) and "int" in names)
        return Unknown("a type")

    def m_type(self, args, named, node, scope):
        return args[0].cls if len(args) == 1 and isinstance(args[0], Instance) else Unknown("a type")

    def m_id(self, args, named, node, scope):
        return self.draw_int("randint", [10 ** 12, 10 ** 13])

    def m_globals(self, args, named, node, scope):
        return node.own.scope.names if hasattr(node, "own") else Unknown("globals")

    def m_queue_Queue(self, args, named, node, scope):
        return []

    m_queue_LifoQueue = m_queue_SimpleQueue = m_gevent_queue_Queue = m_queue_Queue

    def m_hasattr(self, args, named, node, scope):
        if isinstance(args[0], Instance):
            return args[1] in args[0].values or args[1] in self.all_names(args[0].cls)
        return Unknown("hasattr", isinstance(args[0], (Response, Ref)))

    def m_getattr(self, args, named, node, scope):
        value = self.attribute(args[0], args[1], node) if isinstance(args[1], str) else Unknown("a name")
        return args[2] if isinstance(value, Unknown) and len(args) > 2 else value

    def m_setattr(self, args, named, node, scope):
        if isinstance(args[1], str):
            self.set_attribute(args[0], args[1], args[2], node)

    def m_any(self, args, named, node, scope):
        return self.lift(any, *args)

    def m_all(self, args, named, node, scope):
        return self.lift(all, *args)

    def m_super(self, args, named, node, scope):
        me, owner = scope.get("\0me"), scope.get("\0owner")
        if not isinstance(me, Instance) or owner is None:
            return Unknown("super")
        order = me.cls.mro
        after = order[order.index(owner) + 1:] if owner in order else []
        return Super(after, me)

    def m_re_search(self, args, named, node, scope, start=""):
        if len(args) > 1 and isinstance(args[1], Body):
            pattern = self.pattern_of(args[0], args[2] if len(args) > 2 else named.get("flags", 0), start)
            return Unknown("a search in an answer", True) if pattern is None else Found(args[1].response, pattern)
        if len(args) > 1 and isinstance(args[1], Ref):
            return Unknown("a search in an answer", True)
        return self.matched(re.search, args)

    def matched(self, f, args):
        if not 2 <= len(args) <= 3 or not all(isinstance(a, (str, int)) for a in args):
            return Unknown("a search")
        made = f(*args)
        return None if made is None else Bound("matched", made, "match")

    def m_re_match(self, args, named, node, scope):
        if is_plain(args):
            return self.matched(re.match, args)
        return self.m_re_search(args, named, node, scope, "\\A")

    def m_re_fullmatch(self, args, named, node, scope):
        return self.matched(re.fullmatch, args) if is_plain(args) else Unknown("a search in an answer", True)

    def m_re_findall(self, args, named, node, scope):
        if len(args) > 1 and isinstance(args[1], Body):
            pattern = self.pattern_of(args[0], args[2] if len(args) > 2 else named.get("flags", 0))
            return Unknown("re.findall", True) if pattern is None else Ref(args[1].response.step, "regex", (pattern,))
        return Unknown("re.findall") if not is_plain(args) else re.findall(*args)

    def m_re_compile(self, args, named, node, scope):
        pattern = self.pattern_of(args[0], args[1] if len(args) > 1 else named.get("flags", 0)) if args else None
        return Bound("pattern", pattern, "compile") if pattern is not None else Unknown("a pattern")

    def m_bs4_BeautifulSoup(self, args, named, node, scope):
        if args and isinstance(args[0], Body):
            return Element(args[0].response)
        return Unknown("HTML that is not known", find(args, (Ref, Body)) is not None)

    m_pyquery_PyQuery = m_lxml_html_fromstring = m_lxml_etree_HTML = m_lxml_html_document_fromstring = m_bs4_BeautifulSoup

    def call_element(self, value, name, args, named, node):
        """Elements by their tag, attributes, or a selector with nothing but these."""
        if name in ("get", "attr", "get_attribute") and args:
            return self.html_attribute(value, args[0])
        if name == "val":
            return self.html_attribute(value, "value")
        if name == "xpath" and args and isinstance(args[0], str):
            m = re.fullmatch(r"\.?//(\w+)((?:\[@[\w:-]+\s*=\s*[\"'][^\"']*[\"']\])*)/@([\w:-]+)", args[0])
            found = dict(re.findall(r"@([\w:-]+)\s*=\s*[\"']([^\"']*)", m.group(2))) if m else {}
            return [self.html_attribute(Element(value.response, m.group(1), found), m.group(3))] if m else Unknown("XPath", True)
        if name in ("select_one", "select", "__call__", "cssselect") and args and isinstance(args[0], str):
            made = self.selected(value, args[0])
        elif name in ("find", "find_all"):
            made = self.named_element(value, args, named)
        else:
            return Unknown("a part of an answer", True)
        return [made] if name in ("select", "find_all", "cssselect") and isinstance(made, Element) else made

    def named_element(self, value, args, named):
        tag = args[0] if args else named.pop("name", "")
        wanted = args[1] if len(args) > 1 else named.pop("attrs", {})
        if isinstance(tag, str) and re.search(r"[\[#.]", tag):
            return self.selected(value, tag)
        if not isinstance(tag, str) or not isinstance(wanted, dict):
            return Unknown("a part of an answer", True)
        wanted = {**wanted, **{("class" if k == "class_" else k): v for k, v in named.items()}}
        if not all(isinstance(k, str) and (isinstance(v, str) or getattr(v, "kind", "") == "pattern") for k, v in wanted.items()):
            return Unknown("a part of an answer", True)
        return Element(value.response, tag, wanted)

    def selected(self, value, selector):
        m = re.fullmatch(r"(\w*)((?:\[[\w:-]+\s*=\s*[\"']?[^\"'\]]*[\"']?\])*)(?:#([\w-]+))?", selector.split()[-1])
        if m is None:
            return Unknown("a part of an answer", True)
        wanted = dict(re.findall(r"\[([\w:-]+)\s*=\s*[\"']?([^\"'\]]*)", m.group(2)))
        return Element(value.response, m.group(1), {**wanted, **({"id": m.group(3)} if m.group(3) else {})})

    def call_pattern(self, value, name, args, named, node):
        return self.call_module("re." + name, [value] + args, named, node, None)

    def call_matched(self, value, name, args, named, node):
        return getattr(value, name)(*args) if name in ("group", "groups", "groupdict", "__getitem__") else Unknown(name)

    def m_functools_partial(self, args, named, node, scope):
        return Bound("partial", (args[0], args[1:], named), "partial")

    def call_partial(self, value, name, args, named, node):
        return self.call(value[0], value[1] + args, {**value[2], **named}, node)

    def m_gevent_spawn(self, args, named, node, scope):
        self.note("assumed", node, "this runs before what follows, not next to it")
        return self.call(args[0], args[1:], named, node)

    def m_copy_deepcopy(self, args, named, node, scope):
        return copy.deepcopy(args[0])

    m_copy_copy = m_copy_deepcopy

    def m_collections_deque(self, args, named, node, scope):
        return self.m_list(args, named, node, scope)

    def m_types_SimpleNamespace(self, args, named, node, scope):
        made = Instance(Class("SimpleNamespace", []))
        made.values.update(named)
        return made


class _Digest(str):
    """The hexadecimal digits, which hexdigest() gives."""

    def __new__(cls, h):
        return str.__new__(cls, h.hexdigest())

    def hexdigest(self):
        return str(self)
