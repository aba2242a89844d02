"""The interpreter: expressions and statements. The second part of the script of locust_values.py."""

BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_, ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}
COMPARE = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}
FLIPPED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}


def small(op, a, b):
    """False for results that take too long or too much memory."""
    if op is ast.Pow:
        return isinstance(a, (int, float)) and isinstance(b, (int, float)) and abs(b) <= 1000 and abs(a) <= 1e9
    if op is ast.LShift:
        return isinstance(b, int) and b <= 1000
    if op is ast.Mult:
        for x, y in ((a, b), (b, a)):
            if isinstance(x, (str, bytes, list, tuple)) and isinstance(y, int) and len(x) * y > 4000000:
                return False
    if op is ast.Mod and isinstance(a, (str, bytes)):
        return not any(c.isdigit() and len(c) > 4 for c in str(a).replace(".", "%").split("%"))
    return True


class Evaluator:
    def __init__(self, main):
        self.main, self.tree = main, main.tree
        self.depth = self.nodes = 0
        self.top = True  # module level: draws are made once
        self.rng = random.Random(0)
        self.sink = []  # notes of what is evaluated now
        self.general = self.sink
        self.choices, self.options, self.at, self.share = [], [], 0, Fraction(1)
        self.given = []  # what the choices of this path say of draws: (rand, truth)
        self.when = None  # the condition of the steps that come now
        self.steps = None
        self.in_while = False  # in a loop that an answer may end
        self.checking = None  # the answer whose "with" block is evaluated
        self.listeners, self.dotenv = [], {}
        self.writer = None
        self.line = None  # the node that is evaluated now, for notes
        self.forced = False  # the last choice took the likeliest continuation, because there is no path for the others

    # --- notes

    def place(self, node):
        """The node that gives the line: what has none is at the current one."""
        return node if hasattr(node, "lineno") else self.line

    def source(self, node):
        if not hasattr(node, "lineno"):
            return ""
        text = "".join(node.own.lines[node.lineno - 1:node.lineno]).strip()
        if re.search(PRIVATE, text, re.I):  # no password of the source is shown
            text = re.sub(r"\"[^\"]*\"|'[^']*'", lambda m: m.group() if m.group()[1:2] == "/" or re.fullmatch(
                r"[\w-]*(?:%s)[\w-]*" % PRIVATE, m.group()[1:-1], re.I) else '"***"', text)
        return clean(text[:87] + "..." if len(text) > 90 else text)

    def note(self, kind, node, why="", requests=0, to=None):
        node = self.place(node)
        to = self.sink if to is None else to
        entry = {"kind": kind, "line": getattr(node, "lineno", 0), "source": self.source(node), "text": clean(why)[:400],
                 "requests": requests, "file": clean(node.own.shown) if hasattr(node, "own") else ""}
        if entry not in to:
            to.append(entry)

    def lost(self, node, why, calls=None):
        self.note("lost", node, why, self.calls_in([node]) if calls is None else calls)

    def calls_in(self, nodes, depth=0):
        """How many requests these statements send if each line runs once."""
        calls = 0
        for node in nodes:
            for n in ast.walk(node):
                if not isinstance(n, ast.Call):
                    continue
                f = n.func
                if isinstance(f, ast.Attribute) and f.attr in METHODS + ("rest", "rest_"):
                    owner = f.value
                    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                    if name in ("client", "session", "requests") or name.endswith("client"):
                        calls += 1
                        continue
                name = f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "")
                if depth < 3 and name in self.bodies:
                    calls += self.calls_of(self.bodies[name], depth + 1)
        return calls

    def calls_of(self, function, depth=0):
        """The same of a function's body."""
        if (function, depth) not in self.counted:
            body = function.body if isinstance(function.body, list) else [function.body]
            self.counted[function, depth] = self.calls_in(body, depth)
        return self.counted[function, depth]

    # --- expressions

    def eval(self, node, scope):
        self.nodes += 1
        if self.nodes > STEPS_MAX:
            raise TooMuch()
        self.line = self.place(node)
        f = getattr(self, "e_" + type(node).__name__, None)
        if f is None:
            return Unknown(type(node).__name__)
        self.depth += 1
        if self.depth > DEPTH_MAX * 12:
            self.depth -= 1
            return Unknown("it is nested too deeply")
        try:
            return f(node, scope)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError, MemoryError,
                RecursionError) as e:
            return Unknown("%s: %s" % (type(e).__name__, str(e)[:80]))
        finally:
            self.depth -= 1

    def e_Constant(self, node, scope):
        v = node.value
        return clean(v) if isinstance(v, str) else v

    def e_Name(self, node, scope):
        s = scope
        while s is not None:
            if node.id in s.names:
                return s.names[node.id]
            s = s.outer
        if node.id in BUILTINS:
            return Module("builtins." + node.id)
        return Unknown("%s is not known" % node.id)

    def e_NamedExpr(self, node, scope):
        value = self.eval(node.value, scope)
        scope.set(node.target.id, value)
        return value

    def items(self, nodes, scope):
        out = []
        for n in nodes:
            if isinstance(n, ast.Starred):
                v = self.eval(n.value, scope)
                if not isinstance(v, (list, tuple, set, dict, str)):
                    raise ValueError("* of a value that is not known")
                out += list(v)
            else:
                out.append(self.eval(n, scope))
        return out

    def e_List(self, node, scope):
        return self.items(node.elts, scope)

    def e_Tuple(self, node, scope):
        return tuple(self.items(node.elts, scope))

    def e_Set(self, node, scope):
        return self.items(node.elts, scope)

    def e_Dict(self, node, scope):
        out = {}
        for k, v in zip(node.keys, node.values):
            value = self.eval(v, scope)
            if k is None:
                value = self.drawn_dict(value)
                if not isinstance(value, dict):
                    return value if isinstance(value, Unknown) else Unknown("** of a value that is not known")
                out.update(value)
                continue
            key = self.eval(k, scope)
            if isinstance(key, Unknown) or not (is_plain(key) or isinstance(key, Same)):
                return Unknown("a key is not known")
            out[key] = value
        return out

    def drawn_dict(self, value):
        """A draw among dicts of the same keys, as a dict of draws."""
        if not isinstance(value, Rand):
            return value
        made = [value.make(w) for w in self.worlds(value.roots, 200)[0]]
        if not made or not all(isinstance(m, dict) and list(m) == list(made[0]) for m in made):
            return value
        return {k: self.lift(operator.getitem, value, k) for k in made[0]}

    def e_JoinedStr(self, node, scope):
        parts = []
        for n in node.values:
            if isinstance(n, ast.Constant):
                parts.append(clean(n.value))
                continue
            value = self.eval(n.value, scope)
            if n.format_spec is not None or n.conversion not in (-1, 115):
                spec = self.eval(n.format_spec, scope) if n.format_spec is not None else ""
                code = n.conversion
                value = self.lift(lambda v, s: format(repr(v) if code in (97, 114) else v, s), value, spec)
            parts.append(value)
        return self.join(parts)

    def join(self, parts):
        """str() of each, one after the other."""
        out = []
        for p in parts:
            p = self.text(p)
            if isinstance(p, Unknown):
                return p
            for x in p.parts if isinstance(p, Text) else [p]:
                if x == "":
                    continue
                if isinstance(x, str) and out and isinstance(out[-1], str):
                    out[-1] += x
                else:
                    out.append(x)
        return "".join(out) if all(isinstance(x, str) for x in out) else Text(out)

    def text(self, value):
        """str(value)."""
        if isinstance(value, (str, Text, Unknown)):
            return value
        if isinstance(value, (Hole, Rand, Ref, Kept, Target)):
            return Text([value])
        if isinstance(value, Clock):
            if value.factor is None:
                return Text([Hole("now.iso")])
            if value.factor in (10 ** 6, 10 ** 9):
                return Text([Hole("now.ms"), "0" * (3 if value.factor == 10 ** 6 else 6)])
            return Text([Hole("now.ms" if value.factor == 1000 else "now.unix")])
        if isinstance(value, Body):
            return Unknown("the answer", True)
        if is_plain(value):
            return str(value)
        if isinstance(value, (dict, list, tuple)):
            if roots_of(value) and find(value, (Unknown, Ref, Kept, Text, Hole, Clock)) is None:
                return Text([self.lift(str, value)])
            return self.lift_text(str, value)
        return Unknown(self.absent(value) or "str() of %s" % type(value).__name__.lower())

    def lift_text(self, f, value):
        """f of nested values with holes: each hole is a word that f must keep."""
        holes = []

        def put(v):
            if isinstance(v, dict):
                return {put(k): put(x) for k, x in v.items()}
            if isinstance(v, (list, tuple)):
                return type(v)(put(x) for x in v)
            if isinstance(v, (Text, Hole, Rand, Ref, Kept, Clock)):
                holes.append(self.text(v))
                return "\ue002%d\ue003" % (len(holes) - 1)
            if not isinstance(v, PLAIN):
                raise ValueError("a value in it is not known")
            return v

        made = f(put(value))
        parts = []
        for i, piece in enumerate(made.split("\ue002")):
            if i == 0:
                parts.append(piece)
                continue
            number, rest = piece.split("\ue003", 1)
            parts += [holes[int(number)], rest]
        return self.join(parts)

    def lift(self, f, *args):
        """f(*args), or a value that stands for it."""
        bad = find(args, Unknown)
        if bad is not None:
            return bad
        if is_plain(args):
            return f(*args)
        if find(args, (Ref, Kept, Body, Status, Response, Test)) is not None:
            return Unknown("a calculation with an answer", True)
        roots = roots_of(args)
        if roots and find(args, (Text, Hole, Clock, Instance, Client, Function, Class, Module)) is None:
            known, cost = fixed(args)
            made = Rand(roots, lambda world: f(*resolve(known, world)))
            made.cost += cost
            made.make({r: r.pick(self.rng) for r in roots})  # fails here if it fails
            return self.settle(made)
        if roots and find(args, (Hole, Clock, Instance, Client, Function, Class, Module)) is None:
            flat = self.flatten(args)
            if flat is not None:
                return self.settle(Rand(roots_of(flat), lambda world: f(*resolve(flat, world))))
        return Unknown(self.absent(args) or "a calculation with a value that is only known later")

    def flatten(self, value):
        """Texts of draws as one draw; None: not possible."""
        if isinstance(value, Text):
            parts = value.parts
            if not all(isinstance(p, (str, Rand)) for p in parts):
                return None
            return Rand(roots_of(parts), lambda world: "".join(str(resolve(p, world)) for p in parts))
        if isinstance(value, dict):
            out = {k: self.flatten(v) for k, v in value.items()}
            return None if None in out.values() and None not in value.values() else out
        if isinstance(value, (list, tuple)):
            out = [self.flatten(v) for v in value]
            return None if any(o is None and v is not None for o, v in zip(out, value)) else type(value)(out)
        return value

    def settle(self, rand):
        """What is drawn at module level is drawn once."""
        if not self.top or not isinstance(rand, Rand):
            return rand
        value = rand.make({r: r.pick(self.rng) for r in rand.roots})
        if isinstance(value, PLAIN):
            self.note("assumed", self.line, "drawn once, here as %s" % str(value)[:60], to=self.general)
        return value

    def e_BinOp(self, node, scope):
        return self.binary(type(node.op), self.eval(node.left, scope), self.eval(node.right, scope))

    def binary(self, op, a, b):
        texts = (str, Text)
        if op is ast.Add and (isinstance(a, texts) or isinstance(b, texts)):
            ok = texts + (Ref, Kept, Hole, Rand, Target, Unknown)
            if isinstance(a, ok) and isinstance(b, ok) and not (is_plain(a) and is_plain(b)):
                return self.join([a, b])
        if op is ast.Mod and isinstance(a, str) and not is_plain(b):
            return self.percent(a, b)
        if op in (ast.Mult, ast.Div) and isinstance(a, Clock) and a.factor and isinstance(b, (int, float)):
            return Clock(a.factor * b if op is ast.Mult else a.factor / b)
        if op is ast.Div and isinstance(a, PathName) and isinstance(b, str):
            return PathName(os.path.join(a, b))
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and op is ast.Add:
            return a + b if type(a) is type(b) else list(a) + list(b)
        if op is ast.Mult and isinstance(a, list) and isinstance(b, int):
            return a * min(b, 10000)
        if op is ast.BitOr and isinstance(a, dict) and isinstance(b, dict):
            return {**a, **b}
        if isinstance(a, Clock) and a.factor is None and not isinstance(b, Clock):
            self.note("assumed", self.line, "the time of this conversion")
            a = datetime.datetime.now()
        if isinstance(a, Clock) or isinstance(b, Clock):
            return Unknown("a calculation with the time")
        if op not in BINARY:
            return Unknown("an operator")
        if is_plain(a) and is_plain(b) and not small(op, a, b):
            return Unknown("its result is too large")
        return self.lift(BINARY[op], a, b)

    def percent(self, format_text, values):
        if find(values, Unknown) is not None:
            return find(values, Unknown)
        if isinstance(values, dict):
            return self.lift_text(lambda v: format_text % v, values)
        values = values if isinstance(values, tuple) else (values,)
        parts, rest, i = [], format_text, 0
        while "%" in rest:
            before, rest = rest.split("%", 1)
            parts.append(before)
            if rest[:1] == "%":
                parts.append("%")
                rest = rest[1:]
                continue
            n = 0
            while n < len(rest) and rest[n] in "-+ #0123456789.":
                n += 1
            spec, code = rest[:n], rest[n:n + 1]
            value = values[i]
            i += 1
            parts.append(value if spec == "" and code in "sdi" else
                         self.lift(lambda v, s=spec, c=code: ("%" + s + c) % v, value))
            rest = rest[n + 1:]
        return self.join(parts + [rest])

    def e_UnaryOp(self, node, scope):
        value = self.eval(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return self.inverted(value, node)
        f = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}[type(node.op)]
        return self.lift(f, value)

    def inverted(self, value, node):
        t = self.truth(value, node)
        return (not t) if isinstance(t, bool) else Unknown("a condition", isinstance(value, (
            Ref, Kept)) or getattr(value, "answer", False))

    def e_BoolOp(self, node, scope):
        stop = isinstance(node.op, ast.Or)
        value = None
        for i, n in enumerate(node.values):
            value = self.eval(n, scope)
            if i + 1 == len(node.values):
                return value
            if isinstance(value, Kept) and stop:
                continue  # "self.x or DEFAULT"
            if isinstance(value, Hole) and stop and value.expression.startswith("env."):
                self.note("assumed", n, "%s is not set" % value.expression[4:])
                continue
            t = self.truth(value, n)
            if not isinstance(t, bool):
                answer = isinstance(value, (Ref, Kept)) or getattr(value, "answer", False)
                self.rest_of(node.values[i + 1:], stop, answer, node, scope)
                return Unknown("a condition", answer)
            if t == stop:
                return value
        return value

    def rest_of(self, nodes, stop, answer, node, scope):
        """What the operands send after one that is not known: an answer is as for a user who goes on."""
        calls = self.calls_in(nodes) if self.steps is not None else 0
        if calls and not answer:
            self.lost(node, "this condition cannot be known", calls)
        elif calls:
            self.note("assumed", node, "the answer makes this true")
            for n in nodes if not stop else []:
                self.eval(n, scope)

    def e_IfExp(self, node, scope):
        value = self.eval(node.test, scope)
        t = self.truth(value, node.test)
        if t is None and (isinstance(value, (Ref, Kept)) or getattr(value, "answer", False)):
            t = True
            self.note("assumed", node, "the answer makes this condition true")
        if t is None:
            return Unknown("a condition that is not known")
        return self.eval(node.body if t else node.orelse, scope)

    def e_Compare(self, node, scope):
        left = self.eval(node.left, scope)
        result = True
        for op, right_node in zip(node.ops, node.comparators):
            right = self.eval(right_node, scope)
            result = self.compare(type(op), left, right, node)
            if result is False or not isinstance(result, bool):
                return result
            left = right
        return result

    def compare(self, op, a, b, node):
        if isinstance(b, (Status, Body, Ref)) and op in FLIPPED and is_plain(a):
            return self.compare(FLIPPED[op], b, a, node)
        if isinstance(a, Status) and is_plain(b):
            return self.compare_status(op, a.response, b, node)
        made = self.compare_answer(op, a, b)
        if made is not None:
            return made
        if find((a, b), Target) is not None and op in (ast.In, ast.NotIn, ast.Eq, ast.NotEq):
            self.note("assumed", node, "this is %s, whatever host is the target" % str(op in (ast.NotIn, ast.NotEq)).lower())
            return op in (ast.NotIn, ast.NotEq)
        if op in (ast.Is, ast.IsNot) and (a is None or b is None):
            value = a if b is None else b
            if isinstance(value, Kept):
                return value if op is ast.IsNot else Unknown("a condition on %s" % value.name, True)
            if isinstance(value, Unknown):
                return value
            return (value is None) == (op is ast.Is)
        if isinstance(a, Module) and isinstance(b, Module):
            return COMPARE[op](a.name, b.name)
        if isinstance(a, Text) or isinstance(b, Text):
            if op in (ast.Eq, ast.NotEq) and find((a, b), (Ref, Kept, Unknown)) is None and (a == "" or b == ""):
                return op is ast.NotEq
        return self.lift(COMPARE[op], a, b)

    def compare_status(self, op, response, value, node):
        """The status that lets the user go on: below 400 if the source has such a branch."""
        if response.status is None:
            wanted = [value] if isinstance(value, int) else [v for v in value if isinstance(v, int)]
            good = [v for v in wanted if v < 400]
            fits = op in (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is) and good
            response.status = good[0] if fits else 200
        return COMPARE[op](response.status, value)

    def compare_answer(self, op, a, b):
        """A condition on an answer, as a check if it can be one."""
        if isinstance(b, Body) and b.what == "text" and op in (ast.In, ast.NotIn) and isinstance(a, str):
            return Test(b.response, {"body": {"contains": a}}, op is ast.In)
        if isinstance(a, Body) and a.what == "text" and op in (ast.Eq, ast.NotEq) and isinstance(b, str):
            return Test(a.response, {"body": {"equals": b}}, op is ast.Eq)
        if isinstance(a, Body) and a.what == "seconds" and isinstance(b, (int, float)):
            limit = {"time": {"max": "%gms" % round(b * 1000, 3)}}
            if op in (ast.Gt, ast.GtE):
                return Test(a.response, limit, False)
            if op in (ast.Lt, ast.LtE):
                return Test(a.response, limit, True)
        if find((a, b), Ref) is not None and (getattr(a, "part", None) or getattr(b, "part", None)):
            return None
        if isinstance(a, Ref) and isinstance(b, PLAIN) and not isinstance(b, bytes) and a.source in ("json", "header"):
            where = self.where(a)
            if op in (ast.Eq, ast.NotEq, ast.Is, ast.IsNot) and not (a.source == "header" and not isinstance(b, str)):
                yes = op in (ast.Eq, ast.Is)
                return Test(Response(a.step), {**where, "equals": b}, yes)
            if op in (ast.Lt, ast.Gt) and isinstance(b, (int, float)) and a.source == "json":
                return Test(Response(a.step), {**where, "less" if op is ast.Lt else "greater": b}, True)
        if isinstance(a, Ref) and a.source == "json" and op in (ast.In, ast.NotIn) and b and \
                isinstance(b, (list, tuple)) and all(isinstance(x, str) for x in b):
            words = "|".join(re.escape(x) for x in b)
            return Test(Response(a.step), {**self.where(a), "matches": "^(?:%s)$" % words}, op is ast.In)
        if isinstance(b, Ref) and isinstance(a, str) and op in (ast.In, ast.NotIn):
            if b.source == "json":
                inner = Ref(b.step, "json", tuple(b.path) + (a,))
                return Test(Response(b.step), {**self.where(inner), "exists": True}, op is ast.In)
            if b.source == "header" and not b.path:
                return Test(Response(b.step), {"header": a, "exists": True}, op is ast.In)
            return Test(Response(b.step), {**self.where(b), "contains": a}, op is ast.In)
        return None

    def where(self, ref):
        if ref.source == "json":
            return {"json": "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in ref.path)}
        return {ref.source: ref.path[0]} if ref.path else {ref.source: ""}

    # --- conditions

    def truth(self, value, node):
        """True, False, or None if it is not known. A draw decides by a choice of this path."""
        if isinstance(value, Unknown):
            return None
        if isinstance(value, Test):
            return value.value
        if isinstance(value, Rand):
            return self.decide(value, node)
        if isinstance(value, Response):
            return True if value.status is None else value.status < 400
        if isinstance(value, Text):
            return any(p for p in value.parts if isinstance(p, str)) or None if find(value, (Ref, Kept)) else True
        if isinstance(value, Kept):
            return None
        if isinstance(value, (Status, Body, Ref, Hole, Clock, Module, Function, Method, Class, Instance, Client)):
            return True
        return bool(value)

    def decide(self, rand, node):
        if not isinstance(rand, Rand):
            return rand is True
        worlds, _ = self.worlds(rand.roots)
        true = sum(bool(rand.make(w)) for w in worlds)
        if not worlds or true in (0, len(worlds)):
            return bool(worlds) and true > 0
        answer = self.choose([Fraction(true, len(worlds)), Fraction(len(worlds) - true, len(worlds))], node) == 0
        self.given.append((rand, answer))
        return answer

    def choose(self, shares, node):
        """Which of several continuations this path takes. Only tasks have paths."""
        self.forced = self.options is None or (self.at == len(self.choices) and len(self.options) >= CHOICES_MAX)
        if self.steps is None or self.forced:
            return shares.index(max(shares))
        if self.at == len(self.choices):
            self.choices.append(0)
            self.options.append(len(shares))
        i = self.choices[self.at]
        self.at += 1
        self.share *= shares[i]
        return i

    def worlds(self, roots, limit=ROWS_MAX, samples=200):
        """The combinations of these draws that fit this path, and whether they are all."""
        roots = list(roots)
        given = [(r, t) for r, t in self.given if any(x in roots for x in r.roots)]
        for r, _ in given:
            roots += [x for x in r.roots if x not in roots]
        total = 1
        for r in roots:
            total *= len(r.options) if r.options is not None and not r.weights else limit + 1
        out = [{}]
        if total <= limit:
            for r in roots:
                out = [{**w, r: o} for w in out for o in r.options]
        else:
            rng = random.Random(len(roots))
            samples = max(10, min(samples, 100000 // len(roots)))
            return self.sample_worlds(roots, given, samples, rng), False
        return [w for w in out if self.fits(w, given)], True

    def fits(self, world, given):
        return all(bool(r.make(world)) == t for r, t in given)

    def sample_worlds(self, roots, given, samples, rng):
        """Some combinations that fit; of conditions that hardly any fits, some that do not."""
        out, tries = [], 0
        while len(out) < samples and tries < (4 if given else 1) * samples:
            world = {r: r.pick(rng) for r in roots}
            tries += 1
            if self.fits(world, given):
                out.append(world)
        if not out:
            self.note("assumed", self.line, "draws that other lines of this way through the task may exclude")
            out = [{r: r.pick(rng) for r in roots} for _ in range(samples)]
        return out

    # --- subscripts, attributes, calls

    def e_Subscript(self, node, scope):
        value = self.eval(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            ends = [self.eval(n, scope) if n is not None else None
                    for n in (node.slice.lower, node.slice.upper, node.slice.step)]
            if isinstance(value, Kept) and value.many:
                return value
            if isinstance(value, Target):
                self.note("assumed", node, "it is the whole host that Locust is started with")
                return value
            if isinstance(value, Ref) and value.source == "json" and ends[0] in (None, 0) and ends[2] is None:
                return value
            if isinstance(value, (Ref, Kept)):
                return Unknown("a part of an answer", True)
            if isinstance(value, (list, tuple)) and is_plain(ends):
                return value[slice(*ends)]
            return self.lift(lambda v, a, b, c: v[a:b:c], value, *ends)
        index = node.slice.value if type(node.slice).__name__ == "Index" else node.slice
        return self.item(value, self.eval(index, scope), node)

    def item(self, value, key, node):
        if isinstance(value, Ref):
            return self.inside(value, key)
        if isinstance(value, Kept):
            if value.many:
                self.note("assumed", node, "the last of %s" % value.name)
                return Kept(value.name)
            return Unknown("a part of %s" % value.name, True)
        if isinstance(value, Found):
            return self.call_found(value, "__getitem__", [key], {}, node)
        if isinstance(value, Bound) and value.kind == "matched":
            return value.owner[key]
        if isinstance(value, Pieces):
            return self.piece(value, key)
        if isinstance(value, Module) and value.name == "os.environ":
            return self.environment(key, None, node, True)
        if isinstance(value, Client):
            return Unknown("the client")
        if isinstance(value, Element):
            return self.html_attribute(value, key)
        if isinstance(value, Jar) and key not in value and isinstance(key, str):
            return self.cookie_of(value, key, node)
        if isinstance(value, (list, tuple, dict)) and is_plain(key):
            return value[key]
        if isinstance(value, (list, tuple)) and isinstance(key, Rand) and value:
            return self.one_of(value, key)
        if isinstance(value, dict) and isinstance(key, Rand) and not is_plain(value) and 0 < len(value) <= 8 \
                and all(isinstance(k, PLAIN) for k in value):
            for k in value:
                if self.decide(self.lift(operator.eq, key, k), node):
                    return value[k]
        made = self.lift(operator.getitem, value, key)
        if isinstance(value, Rand) and value.row and isinstance(made, Rand) and isinstance(key, str):
            made.column = key
        return made

    def piece(self, pieces, i):
        """One piece of a text of an answer that is split, as a regular expression."""
        ref, separator = pieces.ref, re.escape(pieces.separator)
        before, ends = ref.within or ("", ())
        if not isinstance(i, int) or i < -1 or (i == -1 and (before or pieces.most is not None)):
            return Unknown("a part of an answer", True)
        if i == -1:
            return ref.but(part="(?s)^(?:.*%s)?(.*)$" % separator)
        before += "(?:.*?%s){%d}" % (separator, i) if i else ""
        if i == pieces.most:
            return ref.but(part="(?s)^%s(.*)$" % before)
        ends += (separator,)
        return ref.but(part="(?s)^%s(.*?)(?:%s|$)" % (before, "|".join(ends)), within=(before, ends))

    def cookie_of(self, jar, key, node):
        """A cookie that an answer has set. Which one is not known; most servers send it with each page."""
        last = jar.client.last
        if last is None:
            return Unknown("cookie %s, before any answer" % key[:40])
        self.note("assumed", node, "the last answer sets the cookie %s" % key[:40])
        return Ref(last.step, "cookie", (key,), default="")

    def html_attribute(self, element, name):
        """The value of an attribute, by a regular expression."""
        if not isinstance(name, str) or not re.fullmatch(r"[\w:-]+", name):
            return Unknown("a part of an answer", True)
        must = "".join("(?=[^>]*\\s%s=[\"']?%s)" % (re.escape(k), re.escape(v) + "[\"'\\s/>]" if isinstance(v, str) else
                                                  "[^\"'>]*" + v.owner) for k, v in element.attributes.items())
        pattern = "<%s\\b%s[^>]*\\s%s=[\"']([^\"'>]*)" % (element.tag or "\\w+", must, re.escape(name))
        return Ref(element.response.step, "regex", (pattern,))

    def one_of(self, values, key):
        if find(values, (Ref, Kept, Text, Hole, Clock, Unknown, Function, Method, Instance, Class)) is None:
            return self.lift(operator.getitem, values, key)
        return self.pick_path(values, self.line)

    def pick_path(self, values, node, weights=None):
        """One of several values by chance, of which some are known only later: a path for each."""
        weights = [Fraction(w) for w in weights] if weights is not None else [Fraction(1)] * len(values)
        if len(values) != len(weights) or min(weights) < 0 or sum(weights) <= 0:
            raise ValueError("its weights cannot be read")
        i = self.choose([w / sum(weights) for w in weights], node) if len(values) <= PATHS_MAX else 0
        if self.steps is not None and (self.forced or len(values) > PATHS_MAX):
            calls = sum(self.sent_by(v) for k, v in enumerate(values) if k != i)
            self.note("lost" if calls else "assumed", node, "one of %d values instead of any" % len(values), calls)
        self.forced = False
        return values[i]

    def sent_by(self, value):
        """How many requests this function sends if each of its lines runs once."""
        if isinstance(value, Bound):
            return int(value.kind == "client" and value.name in METHODS)
        function = value.function if isinstance(value, Method) else value
        return self.calls_of(function.node) if isinstance(function, Function) and hasattr(function.node, "body") else 0

    def inside(self, ref, key):
        if ref.part is not None:
            return Unknown("a character of an answer", True)
        if ref.source == "json" and isinstance(key, (str, int)) and not isinstance(key, bool):
            if isinstance(key, int) and key < 0:
                if key != -1:
                    return Unknown("a place from the end of an answer's list", True)
                key = -1
            return Ref(ref.step, "json", tuple(ref.path) + (key,))
        if ref.source in ("header", "cookie") and not ref.path and isinstance(key, str):
            return Ref(ref.step, ref.source, (key,))
        if ref.source == "regex" and len(ref.path) == 1 and isinstance(key, (int, Rand)):
            if key != 0:
                self.note("assumed", self.line, "the first that is found in the answer")
            groups = self.groups(ref.path[0])
            return ref if groups < 2 else tuple(Ref(ref.step, "regex", ref.path + (i,)) for i in range(1, groups + 1))
        if ref.source == "json" and isinstance(key, Rand):
            self.note("assumed", self.line, "the first element of the answer's list")
            return Ref(ref.step, "json", tuple(ref.path) + (0,))
        return Unknown("a part of an answer", True)

    def environment(self, name, default, node, must=False):
        if not isinstance(name, str) or not name or not name.replace("_", "a").isalnum() or not name.isascii() \
                or name[0].isdigit():
            return Unknown("a variable of the environment")
        if name in self.dotenv:
            self.note("assumed", node, "%s is as in the .env file" % name, to=self.general)
            return self.dotenv[name]
        if default is not None and not must:
            if isinstance(default, str):
                self.note("assumed", node, "%s is not set" % name, to=self.general)
            return default
        return Hole("env." + name)

    def e_Lambda(self, node, scope):
        return Function(node, scope)

    def e_Await(self, node, scope):
        return self.eval(node.value, scope)

    def e_ListComp(self, node, scope):
        return self.comprehend(node, scope, lambda s: self.eval(node.elt, s), list)

    e_GeneratorExp = e_SetComp = e_ListComp

    def e_DictComp(self, node, scope):
        return self.comprehend(node, scope, lambda s: (self.eval(node.key, s), self.eval(node.value, s)), dict)

    def comprehend(self, node, scope, make, kind):
        out, inner, answer = [], Scope(scope), False
        sends = self.steps is not None and self.calls_in([node])
        held, draws = [], []  # conditions that chance decides: of the element that is made now, and of each

        def level(i):
            nonlocal answer
            if i == len(node.generators):
                out.append(make(inner))
                draws.append(tuple(held))
                return
            g = node.generators[i]
            found = self.eval(g.iter, inner)
            values = self.some_rounds(found, node) if isinstance(found, Rand) else self.iterate(found)
            if isinstance(found, Ref) and found.source == "json":
                self.note("assumed", node, "the answer's list has one element")
                values = [self.inside(found, 0)]
            elif isinstance(found, Unknown) and found.answer:
                self.note("assumed", node, "the answer has one element")
                values = [found]
            if values is None:
                answer = answer or isinstance(found, (Ref, Kept, Body)) or getattr(found, "answer", False)
                raise ValueError("a loop over values that are not known")
            for v in values:
                self.assign(g.target, v, inner)
                found = [self.eval(c, inner) for c in g.ifs]
                chance = [v for v in found if isinstance(v, Rand)] if not sends else []
                keep = [True if getattr(v, "answer", False) or v in chance else self.truth(v, c) for v, c in zip(found, g.ifs)]
                if None in keep:
                    raise ValueError("a condition that is not known")
                if all(keep):
                    held.extend(chance)
                    level(i + 1)
                    del held[len(held) - len(chance):]

        try:
            level(0)
        except ValueError as e:
            if sends:
                self.lost(node, str(e))
            return Unknown(str(e), answer)
        if any(draws):
            return self.lift(lambda values, keep: kind(v for v, k in zip(values, keep) if all(k)), out, draws)
        return kind(out)

    def iterate(self, value):
        """The values of a loop; None: not known."""
        if isinstance(value, range) and len(value) > 100000:
            return None
        if isinstance(value, (list, tuple, set, str, range, dict)):
            return list(value)
        if isinstance(value, File):
            return self.lines_of(value)
        return None

    # --- statements

    def block(self, nodes, scope):
        for n in nodes:
            self.statement(n, scope)

    def statement(self, node, scope):
        self.nodes += 1
        if self.nodes > STEPS_MAX:
            raise TooMuch()
        self.line = self.place(node)
        f = getattr(self, "s_" + type(node).__name__, None)
        if f is not None:
            f(node, scope)
        elif self.calls_in([node]):
            self.lost(node, "with everything in it")

    def s_Expr(self, node, scope):
        if not isinstance(node.value, ast.Constant):
            self.eval(node.value, scope)

    def s_Pass(self, node, scope):
        pass

    s_Nonlocal = s_Pass

    def s_Global(self, node, scope):
        scope.globals |= set(node.names)

    def s_Return(self, node, scope):
        raise Return(self.eval(node.value, scope) if node.value is not None else None)

    def s_Break(self, node, scope):
        raise Break()

    def s_Continue(self, node, scope):
        raise Continue()

    def s_Raise(self, node, scope):
        raise Raised(self.raised_name(node))

    def raised_name(self, node):
        e = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return e.attr if isinstance(e, ast.Attribute) else getattr(e, "id", "")

    def s_Assert(self, node, scope):
        self.eval(node.test, scope)

    def s_Delete(self, node, scope):
        for t in node.targets:
            if isinstance(t, ast.Subscript):
                owner, key = self.eval(t.value, scope), self.eval(t.slice, scope)
                if isinstance(owner, dict) and is_plain(key):
                    owner.pop(key, None)

    def s_Assign(self, node, scope):
        value = self.eval(node.value, scope)
        for t in node.targets:
            self.assign(t, value, scope)

    def s_AnnAssign(self, node, scope):
        if node.value is not None:
            self.assign(node.target, self.eval(node.value, scope), scope)

    def s_AugAssign(self, node, scope):
        load = copy.copy(node.target)
        load.ctx = ast.Load()
        before, value = self.eval(load, scope), self.eval(node.value, scope)
        try:
            made = self.binary(type(node.op), before, value)
        except (ArithmeticError, TypeError, ValueError, LookupError):
            made = Unknown("a calculation")
        self.assign(node.target, made, scope)

    def assign(self, target, value, scope):
        if isinstance(target, ast.Name):
            scope.set(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.eval(target.value, scope), target.attr, value, target)
        elif isinstance(target, ast.Subscript):
            owner, key = self.eval(target.value, scope), self.eval(target.slice, scope)
            if isinstance(owner, (dict, list)) and is_plain(key):
                try:
                    owner[key] = value
                except (LookupError, TypeError):
                    pass
            elif isinstance(owner, dict):
                owner[key if isinstance(key, Same) else repr(key)] = value

    def unpack(self, target, value, scope):
        n = len(target.elts)
        values = self.iterate(value) if not isinstance(value, dict) else list(value)
        if isinstance(value, Rand):
            values = [self.lift(lambda v, i=i: list(v)[i], value) for i in range(n)]
        elif isinstance(value, (Ref, Pieces)):
            values = [self.item(value, i, target) for i in range(n)]
        if values is None or len(values) != n:
            values = [value if isinstance(value, Unknown) else Unknown("values that are not known")] * n
        for t, v in zip(target.elts, values):
            self.assign(t, v, scope)

    def s_FunctionDef(self, node, scope):
        f = Function(node, scope)
        for d in reversed(node.decorator_list):
            f = self.decorate(f, d, scope)
        scope.set(node.name, f)

    s_AsyncFunctionDef = s_FunctionDef

    def s_ClassDef(self, node, scope):
        bases = []
        for b in node.bases:
            value = self.eval(b, scope)
            bases.append(value if isinstance(value, (Class, Module)) else Module("?" + ast.dump(b)[:40]))
        c = Class(node.name, bases, node)
        inner = Scope(scope)
        before = self.top
        self.top = True
        self.block(node.body, inner)
        self.top = before
        c.attributes = inner.names
        for n in node.body:
            name = getattr(n, "name", None)
            value = inner.names.get(name)
            if isinstance(value, Function):
                value.owner = c
                value.scope = scope
            if isinstance(value, (Function, Class)) and value.weight is not None:
                c.order.append(value)
        for d in reversed(node.decorator_list):
            c = self.decorate(c, d, scope)
        scope.set(node.name, c)

    def decorate(self, thing, node, scope):
        call = isinstance(node, ast.Call)
        f = self.eval(node.func if call else node, scope)
        name = f.name if isinstance(f, Module) else ""
        last = name.split(".")[-1]
        if last in ("task", "seq_task") and "locust" in name:
            weight = self.eval(node.args[0], scope) if call and node.args and last == "task" else 1
            if call and node.keywords:
                weight = self.eval(node.keywords[0].value, scope)
            if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0 or weight > 10 ** 6:
                self.note("left out", node, "its weight cannot be read; it is 1 here")
                weight = 1
            thing.weight = weight
        elif last == "tag" and "locust" in name:
            thing.tags += [v for v in self.items(node.args, scope) if isinstance(v, str)] if call else []
        elif last in ("property", "cached_property", "staticmethod", "classmethod", "contextmanager"):
            thing.kind = last
        elif name.startswith("locust.events") or "events" in name:
            self.listen(name, thing, node)
        elif isinstance(thing, Function) and (node.own is self.main or self.calls_in(thing.node.body)) and last not in (
                "wraps", "contextmanager", "dataclass", "setter", "override", "abstractmethod", "lru_cache", "cache"):
            self.note("assumed", node, "this only calls the function below it")
        return thing

    def listen(self, name, thing, node):
        """What is sent before users start is the setup."""
        if isinstance(thing, Function) and name.split(".")[-2:-1] in (["init"], ["test_start"]):
            self.listeners.append(thing)
        elif isinstance(thing, Function) and self.calls_in(thing.node.body):
            self.lost(node, "what this event does", self.calls_in(thing.node.body))

    def e_Yield(self, node, scope):
        value = self.eval(node.value, scope) if node.value is not None else None
        yields = scope.get("\0yields")
        if isinstance(yields, list):
            yields.append(value)
        return None

    def e_YieldFrom(self, node, scope):
        yields, values = scope.get("\0yields"), self.iterate(self.eval(node.value, scope))
        if isinstance(yields, list) and values is not None:
            yields += values
        return None

    def s_If(self, node, scope):
        pure = not self.checking and not self.calls_in([node.test])
        missing = self.needed(node.test, scope) if pure else None
        if missing is not None:
            return self.unless(missing, node, scope)
        present = self.needed(node.test, scope, ast.And) if pure and isinstance(node.test, ast.BoolOp) else None
        value = self.eval(node.test, scope) if present is None else present
        if isinstance(value, Test) and value.response is self.checking:
            value = value.value
        if (isinstance(value, (Kept, Ref, Test)) or getattr(value, "answer", False)) and self.recurs(node.body):
            self.note("assumed", node, "the answer makes this false, so that the function does not call itself for ever")
            return self.block(node.orelse, scope)
        if isinstance(value, Kept) or self.has_default(value):
            return self.provided(value, node.body, node.orelse, node, scope)
        if isinstance(value, (Test, Ref)) or (isinstance(value, Unknown) and value.answer):
            return self.assume(value, node, scope)
        self.forced = False
        t = self.truth(value, node.test)
        if t is not None:
            self.said_status(node, t, scope)
            self.said_changed(node, node.orelse if t else node.body)
            self.said_forced(node, node.orelse if t else node.body)
            return self.block(node.body if t else node.orelse, scope)
        self.unknown_if(value, node, scope)

    def needed(self, test, scope, op=ast.Or):
        """The value that a task captures if the condition is that it, or one of several, is not there; or, with ast.And, that
        all of them are. None for others."""
        found, either = None, op is ast.Or
        for n in test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, op) else [test]:
            operand = self.inverse_of(n)
            value = self.eval(operand or n, scope)
            if (operand is not None) == either and (isinstance(value, Kept) or self.has_default(value)):
                found = value if found is None or isinstance(value, Kept) else found
            elif isinstance(value, Rand) or (operand is not None and not either) or (
                    operand is None and self.truth(value, n) == either):
                return None
        return found

    @staticmethod
    def inverse_of(n):
        """x of "not x", "x is None", "len(x) == 0"; None for others."""
        if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not):
            return n.operand
        right = n.comparators[0] if isinstance(n, ast.Compare) and isinstance(n.ops[0], (ast.Is, ast.Eq)) else None
        if not isinstance(right, ast.Constant) or len(n.ops) > 1:
            return None
        if isinstance(n.left, ast.Call) and getattr(n.left.func, "id", "") == "len" and len(n.left.args) == 1:
            return n.left.args[0] if right.value == 0 else None
        return n.left if right.value is None else None

    def recurs(self, nodes):
        """Whether these statements call a function that is being called."""
        called = {getattr(n.func, "attr", getattr(n.func, "id", "")) for b in nodes for n in ast.walk(b)
                  if isinstance(n, ast.Call)}
        return any(f.name in called for f in self.active)

    def has_default(self, value):
        return isinstance(value, Ref) and value.default is not None and value.default in ("", 0, False)

    def said_status(self, node, t, scope):
        other = node.orelse if t else node.body
        if "status_code" in self.source(node) and self.calls_in(other) and self.steps is not None:
            self.note("assumed", node, "this is %s; the other branch sends nothing" % str(t).lower())

    def said_changed(self, node, other):
        """A condition on what a task changes: another task is read as if it had not."""
        names = {n.attr for n in ast.walk(node.test) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
        names &= self.changed - {name for _, name in self.written}
        calls = self.calls_in(other)
        if names and self.steps is not None and not Root.starting and (calls or self.calls_in([node])):
            self.note("lost" if calls else "assumed", node, "a task changes %s; here it stays as on_start leaves it" %
                      sorted(names)[0], calls)

    def said_forced(self, node, other):
        if self.forced and self.steps is not None and self.calls_in(other):
            self.lost(node, "chance decides; the more likely branch is sent each time", self.calls_in(other))
        self.forced = False

    def ends(self, nodes):
        return bool(nodes) and isinstance(nodes[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))

    def assume(self, value, node, scope):
        """An answer decides. The branch of a user who goes on is read."""
        fails = count_nodes(node.body, ast.Raise) > 0 or any(
            isinstance(n, ast.Attribute) and n.attr == "failure" for b in node.body for n in ast.walk(b))
        t = not (fails or (self.ends(node.body) and not self.calls_in(node.body)))
        if isinstance(value, Test) and not value.value and not self.calls_in(node.body):
            t = False
        if self.in_while and not fails and node.body and isinstance(node.body[-1], ast.Break):
            t = True  # what the loop waits for
        matters = self.calls_in(node.body) or self.calls_in(node.orelse) or self.ends(node.body)
        if matters and self.steps is not None:
            self.note("assumed", node, "the answer makes this %s" % str(t).lower())
        self.block(node.body if t else node.orelse, scope)

    def provided(self, value, body, orelse, node, scope):
        """Steps with "when"."""
        outer = self.when
        if outer is not None:
            self.note("assumed", node, "this is true")
            return self.block(body, scope)
        if self.calls_in(orelse):
            self.note("assumed", node, "the value is there")
        self.when = self.writer.condition(value)
        try:
            self.block(body, scope)
        finally:
            self.when = outer

    def unless(self, value, node, scope):
        if self.calls_in(node.body):
            self.note("assumed", node, "this is false: the value is there")
        if self.ends(node.body) and self.when is None:
            self.when = self.writer.condition(value)  # until the end of the function
        self.block(node.orelse, scope)

    def unknown_if(self, value, node, scope):
        calls = self.calls_in(node.body) + self.calls_in(node.orelse)
        if calls:
            self.lost(node, "this condition cannot be known: %s" % value.why, calls)
        else:
            self.maybe_returns(node.body + node.orelse)
            if self.ends(node.body) and self.steps is not None:
                self.note("assumed", node, "this is false")
        for n in node.body + node.orelse:
            for a in ast.walk(n):
                if isinstance(a, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                    for t in a.targets if isinstance(a, ast.Assign) else [a.target]:
                        self.forget(t, scope)

    def maybe_returns(self, nodes):
        """The result of a function that may return here is not known."""
        for n in nodes:
            for r in ast.walk(n):
                if isinstance(r, ast.Return) and r.value is not None and not (
                        isinstance(r.value, ast.Constant) and r.value.value is None):
                    raise Return(Unknown("it depends on a condition that is not known"))

    def forget(self, target, scope):
        if isinstance(target, (ast.Name, ast.Attribute)):
            self.assign(target, Unknown("it depends on a condition that is not known"), scope)

    def s_For(self, node, scope):
        value = self.eval(node.iter, scope)
        values = self.iterate(value)
        if values is None and isinstance(value, Rand):
            return self.random_loop(value, node, scope)
        if values is None and isinstance(value, (Ref, Kept)) and self.calls_in(node.body):
            self.note("assumed", node, "the answer has one element")
            values = [self.inside(value, 0) if isinstance(value, Ref) else Kept(value.name)]
        if values is None and isinstance(value, Unknown) and value.answer and self.calls_in(node.body):
            self.note("assumed", node, "the answer has one element")
            values = [value]
        if values is None:
            if self.calls_in([node]):
                why = value.why if isinstance(value, Unknown) else "its values are not known"
                self.lost(node, why, self.calls_in([node]))
            else:
                self.forget_all(node.body, scope)
                self.maybe_returns(node.body)
            return
        self.rounds(values, node, scope)

    s_AsyncFor = s_For

    def forget_all(self, nodes, scope):
        for n in nodes:
            for a in ast.walk(n):
                if isinstance(a, ast.Assign):
                    for t in a.targets:
                        self.forget(t, scope)

    def random_loop(self, value, node, scope):
        """for i in range(random.randint(1, 3)): a path for each number of rounds."""
        worlds, _ = self.worlds(value.roots)
        counts = {}
        for w in worlds:
            made = value.make(w)
            if not isinstance(made, (range, list, tuple)):
                counts = {}
                break
            counts.setdefault(len(made), []).append(made)
        if not self.calls_in([node]):
            return self.forget_all(node.body, scope)
        if not counts:
            return self.lost(node, "the number of its rounds changes")
        keys, self.forced = sorted(counts), False
        mean = round(sum(k * len(counts[k]) for k in keys) / len(worlds))
        if len(keys) <= 10 and keys[-1] <= 20:
            n = keys[self.choose([Fraction(len(counts[k]), len(worlds)) for k in keys], node)]
        if len(keys) > 10 or keys[-1] > 20 or self.forced:
            n, self.forced = mean, False
            if len(keys) > 1 and self.steps is not None:
                self.note("assumed", node, "it always has %d rounds, their mean" % n)
            counts.setdefault(n, [m for k in keys for m in counts[k]])
        values = [self.lift(lambda v, i=i: list(v)[i % max(len(v), 1)], value) for i in range(n)]
        if all(isinstance(c, range) and c.start == 0 and c.step == 1 for c in counts[n]):
            values = list(range(n))
        self.rounds(values, node, scope)

    def some_rounds(self, value, node):
        """The elements of a list of which chance decides, in its middle length."""
        made = [value.make(w) for w in self.worlds(value.roots, 200)[0]]
        if not made or not all(isinstance(m, (range, list, tuple)) for m in made):
            return None
        lengths = sorted(len(m) for m in made)
        n = lengths[len(lengths) // 2]
        if lengths[0] != lengths[-1]:
            self.note("assumed", node, "it always has %d elements" % n)
        if all(isinstance(m, range) and m.start == 0 and m.step == 1 for m in made):
            return list(range(n))
        return [self.lift(lambda v, i=i: list(v)[i % max(len(v), 1)], value) for i in range(n)]

    def rounds(self, values, node, scope):
        used = {n.id for b in node.body for n in ast.walk(b) if isinstance(n, ast.Name)}
        target = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        stops = count_nodes(node.body, (ast.Break, ast.Continue, ast.Return, ast.AugAssign, ast.If))
        repeat = len(values) > UNROLL_MAX and not (used & target) and not stops and self.steps is not None
        before = self.writer.repeat(len(values)) if repeat else None
        outer, self.in_while = self.in_while, False
        for i, v in enumerate(values[:1] if repeat else values):
            if self.steps is not None and len(self.steps) >= REQUESTS_MAX:
                self.lost(node, "its rounds after the first %d" % i, self.calls_in(node.body) * (len(values) - i))
                break
            self.assign(node.target, v, scope)
            try:
                self.block(node.body, scope)
            except Break:
                break
            except Continue:
                continue
        else:
            self.block(node.orelse, scope)
        self.in_while = outer
        if repeat:
            self.writer.unrepeat(before)

    def s_While(self, node, scope):
        outer, self.in_while = self.in_while, True
        try:
            self.while_rounds(node, scope)
        finally:
            self.in_while = outer

    def while_rounds(self, node, scope):
        begin, first = self.steps and len(self.steps) or 0, 0
        for i in range(1000):
            if i == ENDLESS_MIN and isinstance(node.test, ast.Constant) and self.steps is not None and len(self.steps) > begin:
                break
            value = self.eval(node.test, scope)
            t = self.truth(value, node.test)
            if i == 1 and self.steps is not None:
                first = len(self.steps)
            if t is None or (isinstance(value, (Ref, Test, Kept))):
                return self.one_round(i, node, scope)
            if not t:
                return
            if self.steps is not None and len(self.steps) >= REQUESTS_MAX:
                break
            try:
                self.block(node.body, scope)
            except Break:
                return
            except Continue:
                continue
        # Nothing in the file ends it, so an answer does, or the end of the test.
        if self.steps is not None and len(self.steps) > begin:
            del self.steps[max(first, begin):]
            self.note("assumed", node, "it has one round")
        elif self.calls_in([node]):
            self.lost(node, "its rounds after the first 1000")

    def one_round(self, i, node, scope):
        """A loop that the time or an answer ends, after `i` rounds."""
        if not self.calls_in([node]):
            return self.forget_all(node.body, scope) if i == 0 else None
        if self.steps is not None:
            self.note("assumed", node, "it has one round" if i < 2 else "it has %d rounds" % i)
        try:
            self.block(node.body if i == 0 else [], scope)
        except (Break, Continue):
            pass

    def s_Try(self, node, scope):
        try:
            self.block(node.body, scope)
            self.block(node.orelse, scope)
        except Raised:
            if node.handlers:
                self.block(node.handlers[0].body, scope)
            else:
                raise
        finally:
            self.block(node.finalbody, scope)

    s_TryStar = s_Try

    def s_With(self, node, scope):
        opened = None
        for item in node.items:
            value = self.eval(item.context_expr, scope)
            if isinstance(value, Response):
                opened = value
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
            if isinstance(value, Unknown) and self.calls_in(node.body):
                self.note("assumed", node, "this changes nothing that is sent")
        if opened is None or not opened.step.get("catch"):
            return self.block(node.body, scope)
        self.writer.checks(opened, node, scope)
        outer, self.checking = self.checking, opened
        try:
            self.block(node.body, scope)
        except Raised:
            pass
        finally:
            self.checking = outer

    s_AsyncWith = s_With
