"""Requests, checks and users, and the whole. The last part of the script of locust_values.py."""


class Writer:
    """Makes the steps of what is evaluated."""

    def __init__(self, run, prepared=None):
        """`prepared` wrote the setup, whose names and draws are used again."""
        self.run = run
        self.before = None  # a pause for the next step
        self.block = None  # [number, rounds] of a repeat
        self.blocks = 0
        self.names, self.rands = {}, []
        self.used, self.secrets = set(), {}
        self.needs = None  # a part of an answer, without which this request is not sent
        self.foreign, self.lent = [], set()  # values of other tasks: in this request; in any
        self.verify, self.timeouts, self.requests = True, [], 0
        if prepared is not None:
            self.names, self.rands, self.secrets = dict(prepared.names), list(prepared.rands), dict(prepared.secrets)

    # --- texts with holes

    def name_of(self, ref):
        """The capture that keeps this value, which is added to its step."""
        if ref.name is None:
            key = [k for k in ref.path[ref.source == "regex":] if isinstance(k, str)]
            base = "".join(c if c.isalnum() and c.isascii() else "_" for c in (key[-1] if key else "value"))[:40]
            base = safe(base)
            name, n = base, 2
            while name in self.names or name in {safe(k) for k in self.run.kept}:
                name, n = "%s_%d" % (base, n), n + 1
            ref.name = name
        self.names[ref.name] = True
        run = self.run
        if ref.part is not None and ref.default == "":
            self.needs = ref.name
        if run.steps is not None and not any(s is ref.step for s in run.steps + run.start_steps + run.setup):
            self.foreign.append(ref.name)
        ref.step["capture"][ref.name] = self.source_of(ref)
        return ref.name

    def source_of(self, ref):
        if ref.source == "regex":
            out = {"regex": ref.path[0]}
            if len(ref.path) > 1 and ref.path[1] != min(1, self.run.groups(ref.path[0])):
                out["group"] = ref.path[1]
        elif ref.source == "json" and not ref.path:
            out = {"body": True}
        elif ref.source == "json" and -1 in ref.path:
            out = {"jsonpath": "$" + "".join("[%s]" % (json.dumps(p) if isinstance(p, str) else p) for p in ref.path)}
        elif ref.source == "body":
            out = {}
        else:
            out = self.run.where(ref)
        if ref.part is not None:
            out["regex"] = ref.part
        if ref.default is not None:
            out["default"] = ref.default
        return out

    def expression(self, part, typed=False):
        if isinstance(part, Hole):
            return part.expression
        if isinstance(part, Ref):
            return self.name_of(part)
        if isinstance(part, Kept):
            self.used.add(part.name)
            return safe(part.name)
        if isinstance(part, Rand):
            self.rands.append((part, list(self.run.given), typed, self.run.line, self.run.sink, Root.starting))
            return "\ue002%d\ue003" % (len(self.rands) - 1)
        raise ValueError("the host that Locust is started with" if isinstance(part, Target) else "a value that is not known")

    def expressions(self, value):
        """Arguments of a function: names and 'text'."""
        parts = value.parts if isinstance(value, Text) else [value]
        return ", ".join(quoted(p) if isinstance(p, str) else self.expression(p) for p in parts)

    def string(self, value):
        """A text for the document; ValueError if it cannot be known."""
        value = self.run.text(value)
        if isinstance(value, str):
            return clean(value)
        bad = find(value, Unknown)
        if bad is not None:
            raise ValueError(bad.why)
        self.mark_named(value.parts)
        return "".join(clean(p) if isinstance(p, str) else OPEN + self.expression(p) + SHUT for p in value.parts)

    def mark_named(self, parts):
        """A text that has "password=" in front of a draw, or the same in JSON."""
        for before, part in zip(parts, parts[1:]):
            m = re.search(r"([\w.-]+)[\"']?\s*[=:]\s*[\"']?$", before) if isinstance(before, str) else None
            if m is not None:
                self.mark(m.group(1), part)

    def mark(self, key, value):
        """Draws among passwords of the source do not get into the scenario, nor into a file next to it."""
        if isinstance(key, str) and re.search(PRIVATE, key, re.I):
            name = re.sub("[^A-Z0-9]+", "_", key.upper()).strip("_") or "SECRET"
            for p in value.parts if isinstance(value, Text) else [value]:
                if isinstance(p, Rand) and any(r.options and isinstance(r.options[0], (str, dict, list, tuple))
                                               for r in p.roots):
                    self.secrets[id(p)] = name if not name[0].isdigit() else "_" + name

    def json(self, value, depth=0):
        """A value of a JSON body."""
        if isinstance(value, (Unknown, Body)) or depth > 60:
            raise ValueError(getattr(value, "why", "") or "the answer")
        if isinstance(value, dict):
            for k, v in value.items():
                self.mark(k, v)
            return {self.string(json.dumps(k) if k is None or isinstance(k, bool) else k): self.json(v, depth + 1)
                    for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.json(v, depth + 1) for v in value]
        if isinstance(value, Clock):
            number = value.factor is not None
            value = self.run.text(value).parts[0]
            value.number = number
        if isinstance(value, (Hole, Rand, Ref, Kept)):
            typed = isinstance(value, Rand) or value.number
            if isinstance(value, Ref) and not typed and value.path and str(value.path[-1]).lower().endswith(
                    ("id", "count", "number", "price", "amount")):
                self.run.note("assumed", self.run.line, "%s of the answer is sent as text" % value.path[-1])
            if isinstance(value, Rand):
                made = value.make({r: r.pick(self.run.rng) for r in value.roots})
                typed = not isinstance(made, str)
            e = self.expression(value, typed)
            return OPEN + ("value(%s)" % e if typed else e) + SHUT
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("a number that JSON does not have")
        if isinstance(value, (str, Text)):
            return self.string(value)
        if not isinstance(value, PLAIN) or isinstance(value, (bytes, complex)):
            raise ValueError("a value that JSON does not have")
        return value

    def encoded(self, value):
        """A text in a query: its plain parts are encoded as urlencode() does."""
        value = self.run.text(value)
        bad = find(value, Unknown)
        if bad is not None:
            raise ValueError(bad.why)
        quote = urllib.parse.quote_plus
        return "".join(quote(clean(p)) if isinstance(p, str) else OPEN + self.expression(p) + SHUT
                       for p in (value.parts if isinstance(value, Text) else [value]))

    def pairs(self, value):
        items = list(value.items()) if isinstance(value, dict) else [tuple(v) for v in value]
        for k, v in items:
            self.mark(k, v)
            for one in v if isinstance(v, (list, tuple)) else [v]:
                if one is not None:
                    yield k, one

    # --- one request

    def request(self, client, method, args, named, node):
        run = self.run
        if run.steps is None:
            if isinstance(node, ast.Call) and (client.outside or run.top):
                run.note("lost", node, "it is sent before the test", 1, run.general)
            return Unknown("an answer", True)
        if len(run.steps) >= REQUESTS_MAX:
            run.note("lost", node, "its task sends more than %d requests" % REQUESTS_MAX, 1)
            return Unknown("an answer", True)
        at = run.place(node)
        step = {"line": getattr(at, "lineno", 0), "file": clean(at.own.shown) if hasattr(at, "own") else "", "notes": [],
                "capture": {}, "checks": [], "when": run.when, "repeat": self.block}
        outer, run.sink = run.sink, step["notes"]
        self.foreign, self.needs = [], None
        try:
            self.fill(step, client, method, args, named, node)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as e:
            run.note("lost", node, str(e) or "it cannot be read", 1, outer)
            outer += [n for n in step["notes"] if n not in outer]
            return Unknown("the answer of line %d" % step["line"], True)
        finally:
            run.sink = outer
        if self.foreign:
            self.lent.update(self.foreign)
            if step["when"] is None:
                step["when"] = OPEN + self.foreign[0] + SHUT
            run.note("assumed", node, "it is sent once the same user has %s from another task" % self.foreign[0], 0,
                     step["notes"])
        elif self.needs and step["when"] is None:  # without it, the source fails here
            step["when"] = OPEN + self.needs + SHUT
        step["before"], self.before = self.before, None
        run.steps.append(step)
        client.last = Response(step)
        return client.last

    def arguments(self, method, args, named):
        order = {"get": ("url", "params"), "post": ("url", "data", "json"), "put": ("url", "data"),
                 "patch": ("url", "data"), "request": ("method", "url", "name")}.get(method, ("url",))
        out = dict(zip(order, args))
        out.update(named)
        if "path" in out:
            out["url"] = out.pop("path")
        return out

    def fill(self, step, client, method, args, named, node):
        run, a = self.run, self.arguments(method, args, named)
        if "?" in a:
            raise ValueError("its arguments cannot be read")
        verb = a.get("method", method)
        if not isinstance(verb, str) or not verb.isascii() or not verb.isalpha() or verb.lower() == "connect":
            raise ValueError("its method cannot be read")
        step["method"] = verb.upper()
        step["url"] = self.url(client, a)
        name = a.get("name")
        if name is not None and find(name, Unknown) is None:
            step["name"] = self.string(name)
        step["catch"] = a.get("catch_response") is True
        self.headers(step, client, a)
        self.authentication(step, a.get("auth", client.auth))
        self.body(step, a)
        self.other(a, node)
        if client.verify is False or a.get("verify") is False:
            self.verify = False
        self.requests += 1

    def url(self, client, a):
        url = self.run.text(a.get("url", Unknown("its path cannot be read")))
        bad = find(url, Unknown)
        if bad is not None:
            raise ValueError("its path cannot be read: %s" % bad.why if bad.why else "its path cannot be read")
        if isinstance(url, Text) and len(url.parts) > 1 and isinstance(url.parts[1], Target) and url.parts[0] in (
                "http://", "https://"):
            url = Text(url.parts[1:])
            self.run.note("assumed", self.run.line, "the target has its own http:// or https://")
        here = isinstance(url, Text) and bool(url.parts) and isinstance(url.parts[0], Target)
        if here:
            url = Text(url.parts[1:])  # the host that Locust is started with, which the target is
        text = self.string(url)
        if client.base is not None and not text.lower().startswith(("http://", "https://")):
            text = self.string(client.base) + text
        if client.outside and not here and not text.lower().startswith(("http://", "https://", OPEN + "env.")):
            raise ValueError("it has no host")
        params = a.get("params")
        if find(params, Unknown) is not None:
            raise ValueError("its argument params cannot be read: %s" % find(params, Unknown).why)
        if isinstance(params, (str, Text)):
            text += ("&" if "?" in text else "?") + self.string(params)
        elif params is not None:
            for k, v in self.pairs(params):
                text += ("&" if "?" in text else "?") + self.encoded(k) + "=" + self.encoded(v)
        return text

    def headers(self, step, client, a):
        own = a.get("headers")
        if isinstance(own, (Unknown, Rand, Ref, Kept)):
            raise ValueError("its argument headers cannot be read")
        merged = {}
        for source in (client.headers, own or {}):
            for k, v in source.items():
                self.mark(k, v)
                merged[str(k).lower()] = (k, v)
        step["headers"] = []
        for k, v in merged.values():
            if v is None:
                continue
            bad = find((k, v), (Unknown, Target))
            if bad is not None and isinstance(k, str) and re.search(PRIVATE, k, re.I):
                v, bad = self.from_environment(k, bad), None
            if isinstance(bad, Target):
                bad = Unknown("the host that Locust is started with")
            elif bad is not None:
                if own is not None and k in own:
                    raise ValueError("header %s cannot be read: %s" % (str(k)[:40], bad.why))
            if bad is not None:
                self.run.note("left out", self.run.line, "header %s: %s" % (str(k)[:40], bad.why))
                continue
            step["headers"].append([self.string(k), self.string(shown(v) if isinstance(v, bytes) else v)])
        cookies = {**client.cookies, **(a.get("cookies") or {})} if isinstance(a.get("cookies") or {}, dict) else None
        if cookies is None:
            raise ValueError("its argument cookies cannot be read")
        if cookies:
            step["headers"].append(["Cookie", "; ".join("%s=%s" % (self.string(k), self.string(v))
                                                        for k, v in cookies.items())])

    def from_environment(self, key, bad):
        """A secret that the file calculates or fetches: a variable in place of what is not known."""
        name = re.sub("[^A-Z0-9]+", "_", key.upper()).strip("_")
        self.run.note("assumed", self.run.line, "header %s is ${env.%s}, all of it: %s" % (key[:40], name, getattr(bad, "why", "")))
        return Text([Hole("env." + name)])

    def authentication(self, step, auth):
        if auth is None:
            return
        if not isinstance(auth, (tuple, list)) or len(auth) != 2:
            raise ValueError("its argument auth cannot be read")
        user, password = auth
        self.mark("auth_password", password)
        if find((user, password), (Ref, Kept, Rand)) is not None:
            inner = self.expressions(self.run.join([user, ":", password]))
            step["headers"].append(["Authorization", "Basic %sbase64(%s)%s" % (OPEN, inner, SHUT)])
        else:
            step["auth"] = [self.string(user), self.string(password)]

    def body(self, step, a):
        for key in ("json", "data", "files"):
            if isinstance(a.get(key), Unknown):
                raise ValueError("its argument %s cannot be read: %s" % (key, a[key].why))
        data, value, files = a.get("data"), a.get("json"), a.get("files")
        if files:
            step["body"] = {"kind": "parts", "parts": self.parts(files, data)}
        elif value is not None and not data:
            step["body"] = {"kind": "json", "value": self.json(value)}
        elif isinstance(data, Text) and data.data is not None:
            step["body"] = {"kind": "json", "value": self.json(data.data)}
            if not any(k.lower() == "content-type" for k, _ in step["headers"]):
                self.run.note("assumed", self.run.line, "the JSON is sent with its Content-Type")
        elif isinstance(data, File):
            step["body"] = {"kind": "file", "file": clean(self.run.source_file(data.path))}
        elif isinstance(data, (dict, list, tuple)) and data:
            step["body"] = {"kind": "form", "pairs": [[self.string(k), self.string(v)] for k, v in self.pairs(data)]}
        elif data is not None and not isinstance(data, (dict, list, tuple)):
            data = shown(data) if isinstance(data, bytes) else data
            if data != "":
                step["body"] = {"kind": "text", "text": self.string(data)}

    def parts(self, files, data):
        out = [{"name": self.string(k), "value": self.string(v)} for k, v in self.pairs(data or {})]
        for k, v in files.items() if isinstance(files, dict) else files:
            part = {"name": self.string(k)}
            v = v if isinstance(v, (tuple, list)) else (None, v)
            content = v[1]
            if isinstance(content, File):
                part["file"] = clean(self.run.source_file(content.path))
            else:
                part["value"] = self.string(shown(content) if isinstance(content, bytes) else content)
                part["filename"] = self.string(k)
            if v[0] is not None:
                part["filename"] = self.string(v[0])
            if len(v) > 2 and v[2] is not None:
                part["type"] = self.string(v[2])
            out.append(part)
        return out

    def other(self, a, node):
        if a.get("allow_redirects") is False:
            self.run.note("left out", node, "allow_redirects=False; the scenario follows all redirects or none")
        timeout = a.get("timeout")
        timeout = timeout[-1] if isinstance(timeout, (tuple, list)) and timeout else timeout
        if isinstance(timeout, (int, float)) and timeout > 0:
            self.timeouts.append(timeout)
        for key in a:
            if key in ("cert", "proxies", "hooks"):
                self.run.note("left out", node, "its argument %s" % key)

    # --- pauses and blocks

    def pause(self, value, node):
        pair = self.run.seconds(value)
        if pair is None:
            return self.run.note("left out", node, "this pause cannot be read")
        if pair[1] > 0:
            before = self.before or [0, 0]
            self.before = [before[0] + pair[0], before[1] + pair[1]]

    def condition(self, value):
        return OPEN + self.expression(value) + SHUT

    def repeat(self, rounds):
        before, self.blocks = self.block, self.blocks + 1
        if before is None:
            self.block = [self.blocks, rounds]
        return before

    def unrepeat(self, before):
        self.block = before

    # --- checks of "with self.client.get(..., catch_response=True) as r"

    def checks(self, response, node, scope):
        judge = Judge(self.run, response, node, Scope(scope))
        judge.read(node.body)
        good = judge.good()
        if not good:
            return
        response.status = 200 if 200 in good else min(good)
        if good != set(range(100, 400)):
            response.step["checks"].append({"status": ranges(good)})
        response.step["checks"] += judge.conditions(good)


def safe(name):
    """A name that a scenario can give to a value."""
    taken = ("user", "now", "env", "trace", "random", "uuid", "iteration", "base64", "json", "urlencode", "value")
    name = name if name and not name[0].isdigit() else "v" + name
    return name + "_" if name in taken or (name.startswith("draw") and name[4:].isdigit()) else name


def ranges(numbers):
    out = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return [a if a == b else "%d-%d" % (a, b) for a, b in out]


class Judge:
    """What a block makes of an answer, by its status and the conditions in it."""

    def __init__(self, run, response, node, scope):
        self.run, self.response, self.node, self.scope = run, response, node, scope
        self.names = {i.optional_vars.id for i in node.items if isinstance(i.optional_vars, ast.Name)}
        self.atoms, self.nodes = [], {}

    def read(self, nodes):
        """Evaluates the assignments, and gives each condition a number."""
        steps, self.run.steps = self.run.steps, None
        notes, self.run.sink = self.run.sink, []
        kept, self.response.status = self.response.status, None
        for n in nodes:
            for x in ast.walk(n):
                if isinstance(x, ast.Assign) and not self.run.calls_in([x]):
                    self.run.s_Assign(x, self.scope)
                elif isinstance(x, (ast.If, ast.IfExp, ast.Assert)):
                    self.test(x.test)
        self.run.steps, self.run.sink, self.response.status = steps, notes, kept

    def is_status(self, node):
        return isinstance(node, ast.Attribute) and node.attr == "status_code" and \
            isinstance(node.value, ast.Name) and node.value.id in self.names

    def test(self, node):
        """A function of (status, values of the conditions)."""
        if node in self.nodes:
            return self.nodes[node]
        self.nodes[node] = f = self.make_test(node)
        return f

    def make_test(self, node):
        if isinstance(node, ast.BoolOp):
            parts = [self.test(n) for n in node.values]
            every = isinstance(node.op, ast.And)
            return lambda s, v: all(p(s, v) for p in parts) if every else any(p(s, v) for p in parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.test(node.operand)
            return lambda s, v: not inner(s, v)
        if isinstance(node, ast.Compare) and self.is_status(node.left) and len(node.ops) <= 2:
            values = [self.run.eval(c, self.scope) for c in node.comparators]
            ops = [COMPARE[type(o)] for o in node.ops]
            if is_plain(values):
                return lambda s, v: all(o(s, x) for o, x in zip(ops, values))
        if isinstance(node, ast.Compare) and len(node.ops) == 2 and self.is_status(node.comparators[0]):
            low, high = self.run.eval(node.left, self.scope), self.run.eval(node.comparators[1], self.scope)
            first, second = COMPARE[type(node.ops[0])], COMPARE[type(node.ops[1])]
            if is_plain((low, high)):
                return lambda s, v: first(low, s) and second(s, high)
        value = self.run.eval(node, self.scope)
        if isinstance(value, bool):
            return lambda s, v: value
        if isinstance(value, Test) and "status" in value.check:
            return lambda s, v: s < 400
        if isinstance(value, Response):
            return lambda s, v: s < 400
        if isinstance(value, Ref) and value.source in ("json", "header") and value.path and -1 not in value.path:
            value = Test(Response(value.step), {**self.run.where(value), "exists": True})
        known = isinstance(value, Test) and value.response.step is self.response.step
        key = json.dumps(value.check) if known else ast.dump(node)
        for i, a in enumerate(self.atoms):
            if a[0] == key:
                break
        else:
            i = len(self.atoms)
            self.atoms.append((key, value.check if known else None, node))
        wanted = value.value if known else True
        return lambda s, v: v[i] == wanted

    def outcome(self, nodes, status, values):
        result = None
        for n in nodes:
            made = self.one(n, status, values)
            result = made if made is not None else result
            if made == "raised":
                return made
        return result

    def one(self, n, status, values):
        if isinstance(n, ast.If):
            return self.outcome(n.body if self.test(n.test)(status, values) else n.orelse, status, values)
        if isinstance(n, ast.Try):
            made = self.outcome(n.body, status, values)
            if made == "raised":
                made = self.outcome(n.handlers[0].body, status, values) if n.handlers else made
            return made
        if isinstance(n, ast.Raise):
            return "raised"
        if isinstance(n, ast.Assert):
            return None if self.test(n.test)(status, values) else "raised"
        if isinstance(n, ast.With):
            return self.outcome(n.body, status, values)
        if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) and isinstance(n.value.func, ast.Attribute):
            f = n.value.func
            if isinstance(f.value, ast.Name) and f.value.id in self.names and f.attr in ("success", "failure"):
                return f.attr
            if f.attr == "raise_for_status":
                return "raised" if status >= 400 else None
            if any(isinstance(a, ast.Name) and a.id in self.names for a in n.value.args) and "fail" in f.attr:
                return "failure"
        return None

    def passes(self, status, values):
        made = self.outcome(self.node.body, status, values)
        return made == "success" or (made is None and status < 400)

    def all_values(self):
        n = min(len(self.atoms), 6)
        return [list(v) + [True] * (len(self.atoms) - n) for v in itertools.product((True, False), repeat=n)]

    def good(self):
        every = self.all_values()
        self.passing = {s: [v for v in every if self.passes(s, v)] for s in range(100, 600)}
        return {s for s, v in self.passing.items() if v}

    def conditions(self, good):
        out, every = [], len(self.all_values())
        for i, (_, check, node) in enumerate(self.atoms[:6]):
            seen = {v[i] for s in good for v in self.passing[s]}
            if len(seen) == 1 and check is not None:
                made = check if True in seen else negated(check)
                if made is not None:
                    out.append(made)
                    continue
            flips = any(sum(v[i] for v in self.passing[s]) * 2 != len(self.passing[s]) for s in good)
            if flips and any(len(self.passing[s]) != every for s in good):
                self.run.note("left out", node, "this condition for a failed request", 0, self.response.step["notes"])
        return out


def negated(check):
    if "body" in check and "contains" in check["body"]:
        return {"body": {"matches": "(?s)^(?!.*%s)" % re.escape(check["body"]["contains"])}}
    if "equals" in check:
        return {**{k: v for k, v in check.items() if k != "equals"}, "not": check["equals"]}
    if "matches" in check and check["matches"].startswith("^(?:"):
        return {**check, "matches": "^(?!%s)" % check["matches"][1:]}
    if "exists" in check:
        return {**check, "exists": not check["exists"]}
    return None


class Reader(Caller):
    """Users, their tasks and what each sends."""

    def __init__(self, main, near, files):
        super().__init__(main, near)
        self.files = files
        self.writer = Writer(self)
        self.kept, self.in_task, self.written, self.assigned, self.initial = set(), False, set(), {}, {}
        self.users_now, self.active, self.start_steps = [], [], []  # active: the functions that are being called
        self.around, self.setup = Instance(Class("Environment", [])), []
        self.around.values.update({"parsed_options": Module("options"), "runner": Module("locust.runner"), "host": Target()})
        self.changed = set()  # attributes that a task makes true, or false
        self.fillers = set()  # tasks that add to a list of the file, by their nodes
        self.bodies, self.counted = {}, {}  # counted: the requests of calls_of()
        self.learn(main)

    def learn(self, own):
        """The functions of a module, by their names."""
        found = {n.name: n for n in ast.walk(own.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
        self.bodies, self.counted = {**found, **self.bodies}, {}

    # --- numbers

    def seconds(self, value):
        """(low, high) of a pause; None: not known."""
        if isinstance(value, Wait):
            return self.seconds(value.low)[0], self.seconds(value.high)[1]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return (value, value) if 0 <= value < 1e6 else None
        if isinstance(value, Rand):
            if value.between is not None:
                return value.between
            made = [value.make(w) for w in self.worlds(value.roots)[0]]
            if all(isinstance(m, (int, float)) for m in made) and made and min(made) >= 0:
                return min(made), max(made)
        return None

    def wait_of(self, cls, me, notes):
        """{"kind", "low", "high"} or None."""
        value = cls.get("wait_time")
        scale = 1
        if value is None and cls.get("wait_function") is not None:
            value, scale = cls.get("wait_function"), 0.001
        if value is None and (cls.get("min_wait") is not None or cls.get("max_wait") is not None):
            low, high = cls.get("min_wait"), cls.get("max_wait")
            low = 1000 if low is None else low
            value, scale = Wait("between", low, max(low, 1000) if high is None else high), 0.001
        if value is None:
            return {"kind": "constant", "low": 1, "high": 1} if cls.kinds() & {"HttpLocust", "Locust"} else None
        node = self.attribute_node(cls, ("wait_time", "wait_function", "min_wait"))
        if isinstance(value, Function):
            value = self.call(value, [me][:len(value.node.args.args)], {}, node)
        pair = self.seconds(value) if not isinstance(value, Wait) or is_plain((value.low, value.high)) and None not in (
            self.seconds(value.low), self.seconds(value.high)) else None
        kind = value.kind if isinstance(value, Wait) else "between"
        if pair is None or (kind == "throughput" and 0 < pair[0] and not 1e-6 <= pair[0] <= 1e5):
            self.note("left out", node, "this wait cannot be read; there is no wait here", 0, notes)
            return None
        low, high = sorted((pair[0] * scale, pair[1] * scale))
        if low == high and kind == "between":
            kind = "constant"
        return {"kind": kind, "low": low, "high": high} if high >= 1e-9 else None

    def attribute_node(self, cls, names):
        for c in cls.mro:
            for n in c.body:
                for t in getattr(n, "targets", [getattr(n, "target", None)]):
                    if isinstance(t, ast.Name) and t.id in names:
                        return n
                if getattr(n, "name", None) in names:
                    return n
        return cls.node

    # --- tasks

    def task_list(self, cls, say=False):
        """As Locust collects them: those of the bases first, each as often as its weight."""
        out = []
        for b in cls.bases:
            if isinstance(b, Class) and (b.is_user() or b.is_set() or b.order or "tasks" in b.attributes):
                out += self.task_list(b, say)
        own = cls.attributes.get("tasks", cls.attributes.get("task_set"))
        if isinstance(own, dict):
            own = list(own.items())
        if isinstance(own, (Class, Function)):
            own = [own]
        if isinstance(own, (list, tuple)):
            for t in own:
                thing, weight = t if isinstance(t, tuple) and len(t) == 2 else (t, 1)
                if isinstance(thing, (Function, Class, Method)) and isinstance(weight, int):
                    out.append((thing, weight))
                elif say:
                    self.note("lost", self.attribute_node(cls, ("tasks", "task_set")), "one of these tasks is not in this "
                              "file or near it: %s" % (self.absent(thing) or getattr(thing, "why", "")), 1)
        elif own is not None and say:
            self.note("lost", self.attribute_node(cls, ("tasks", "task_set")), "its value cannot be read", 1)
        return out + [(t, t.weight) for t in cls.order]

    def run_steps(self, function, args, fork):
        """Evaluates a method: its steps, and whether it left its TaskSet."""
        self.steps, self.given, self.at, self.share, self.when, self.in_while = [], [], 0, Fraction(1), None, False
        self.options = self.options if fork else None
        self.nodes = 0
        self.writer.before = self.writer.block = None
        left = False
        try:
            self.call(function, args, {}, self.tree)
        except Interrupt:
            left = True
        except Raised as e:
            if e.args[0] in ("RescheduleTask", "InterruptTaskSet", "RescheduleTaskImmediately"):
                left = e.args[0] == "InterruptTaskSet"
            elif e.args[0] == "StopUser":
                self.note("left out", self.line, "users stay until the end of the test")
        except (Break, Continue):
            pass
        except TooMuch:
            self.note("lost", self.line, "the file does too much; the rest of this task", 1)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as e:
            self.note("lost", self.line, "the rest of this task: %s" % e, 1)
        finally:
            self.active, self.depth = [], 0
        steps, self.steps = self.steps, None
        if self.writer.before is not None and steps:
            steps[-1]["after"] = self.writer.before
        self.checking = None
        return steps, left

    def paths(self, function, me):
        """All ways through a task that chance decides: (share, steps, notes, left)."""
        out, self.choices = [], []
        outer, before, first = self.sink, self.snapshot(), None
        while True:
            self.options = [] if not out else self.options[:len(self.choices)]
            self.restore(before)
            self.sink, state = [], copy.deepcopy(me)
            self.written, self.users_now = set(), [state, state.values.get("user", state)]
            steps, left = self.run_steps(Method(function, state) if not isinstance(function, Method) else function,
                                         [], True)
            out.append([self.share, steps, self.sink, left])
            first = first or self.snapshot()
            while self.choices and self.choices[-1] + 1 >= self.options[len(self.choices) - 1]:
                self.choices.pop()
            if not self.choices or len(out) >= PATHS_MAX:
                break
            self.choices[-1] += 1
        self.restore(first)
        if any(len(v) > len(b) for v, b in before) and isinstance(function, Function):
            self.fillers.add(id(function.node))
        if self.choices:
            total = sum(p[0] for p in out)
            seen = {(s["file"], s["line"]) for p in out for s in p[1]}
            self.note("lost", function.node if isinstance(function, Function) else self.line, "only the first %d ways through "
                      "it are here, which are %d %% of what it sends; each has the others' share" % (len(out), round(100 * total)),
                      max(1, self.sent_by(function) - len(seen)), out[0][2])
            for p in out:
                p[0] /= total
        self.sink, self.options, self.given = outer, None, []
        return self.merge(out)

    def merge(self, paths):
        """Equal ways are one."""
        out = []
        for p in paths:
            for q in out:
                if len(p[1]) == len(q[1]) == 0 and p[3] == q[3]:
                    q[0] += p[0]
                    q[2] += [n for n in p[2] if n not in q[2]]
                    break
            else:
                out.append(p)
        return out

    def leaf(self, function, weight, me):
        """A method as tasks, and the share of its calls that leave the TaskSet."""
        made, leaves = [], Fraction(0)
        paths = self.paths(function, me)
        name = function.function.name if isinstance(function, Method) else function.name
        for i, (share, steps, notes, left) in enumerate(paths):
            leaves += share if left else 0
            label = name if len(paths) == 1 else "%s %d" % (name, i + 1)
            made.append({"name": label, "weight": weight * share, "steps": steps, "notes": notes,
                         "tags": list(getattr(function, "tags", []))})
        return made, leaves

    def start(self, cls, me, name):
        """The steps of on_start or on_stop."""
        f = cls.get(name)
        if not isinstance(f, Function):
            return []
        self.choices = []
        return self.run_steps(Method(f, me), [], False)[0]

    def container(self, cls, me, notes, args):
        """Ways to be a user of this class or TaskSet: a list of variants. `args` are those of its __init__."""
        tasks, leaves, sets = [], Fraction(0), []
        total = sum(w for _, w in self.task_list(cls)) or 1
        init, outer_start, on_start = cls.get("__init__"), self.start_steps, []
        Root.starting = True
        try:
            if isinstance(init, Function):
                on_start = self.run_steps(Method(init, me), args[:len(init.node.args.args) - 1], False)[0]
            self.start_steps = outer_start + on_start
            on_start = on_start + self.start(cls, me, "on_start")
        finally:
            Root.starting, self.start_steps = False, outer_start + on_start
        try:
            return self.tasks_of(cls, me, notes, tasks, leaves, sets, total, on_start)
        finally:
            self.start_steps = outer_start

    def tasks_of(self, cls, me, notes, tasks, leaves, sets, total, on_start):
        in_order = cls.in_order()
        listed = self.task_list(cls, True)
        numbered = list(enumerate(listed))
        if not in_order:  # tasks that fill a list of the file come first, so that others find something in it
            numbered.sort(key=lambda n: id(getattr(n[1][0], "node", None)) not in self.fillers)
        places = {}
        for number, (thing, weight) in numbered:
            before = len(tasks)
            if isinstance(thing, Class):
                inner = Instance(thing)
                inner.values.update({"user": me.values.get("user", me), "parent": me})
                sets.append((thing, weight, self.container(thing, inner, notes, [me])))
                tasks.append((len(sets) - 1, weight))
            elif in_order:
                for _ in range(min(weight, 50)):
                    self.sink = one = []
                    self.written, self.choices = set(), []
                    steps, left = self.run_steps(Method(thing, me) if isinstance(thing, Function) else thing, [], False)
                    self.start_steps = self.start_steps + steps  # they come before the next task
                    tasks.append({"name": getattr(thing, "name", "task"), "weight": Fraction(1), "steps": steps,
                                  "notes": one, "tags": list(getattr(thing, "tags", [])), "left": left})
                    leaves += left
                self.sink = notes
            else:
                self.in_task = True
                made, gone = self.leaf(thing, Fraction(weight), me)
                self.in_task = False
                tasks += made
                leaves += gone * weight
            for x in tasks[before:]:
                places[id(x)] = number
        tasks.sort(key=lambda x: places[id(x)])
        on_stop = self.start(cls, me, "on_stop")
        wait = self.wait_of(cls, me, notes)
        base = {"cls": cls, "on_start": on_start, "on_stop": on_stop, "wait": wait, "order": in_order,
                "leaves": leaves, "total": total, "tags": cls.tags, "own_wait": wait is not None}
        return self.nest(base, tasks, sets, notes)

    def nest(self, base, tasks, sets, notes):
        """Puts the tasks of inner TaskSets in their place."""
        stays = [s for s in sets if len(s[2]) == 1 and not s[2][0]["leaves"]] + [s for s in sets if len(s[2]) > 1]
        if sets and len(stays) == len(sets) and len(tasks) == len(sets) and not (base["order"] and len(sets) > 1):
            out, total = [], sum(s[1] for s in sets) or 1
            for cls, weight, variants in sets:
                for v in variants:
                    out.append({**v, "share": v.get("share", Fraction(1)) * weight / total,
                                "name": cls.name if len(sets) > 1 else v.get("name"),
                                "on_start": base["on_start"] + v["on_start"], "on_stop": v["on_stop"] + base["on_stop"],
                                "wait": v["wait"] if v["own_wait"] else base["wait"], "leaves": Fraction(0),
                                "own_wait": v["own_wait"] or base["own_wait"]})
            return out
        flat = []
        for t in tasks:
            if isinstance(t, dict):
                flat.append(t)
            else:
                flat += self.visit(base, *sets[t[0]], notes)
        return [{**base, "share": Fraction(1), "name": None, "tasks": flat}]

    def visit(self, base, cls, weight, variants, notes):
        """One visit of an inner TaskSet."""
        out = []
        for v in variants:
            share = Fraction(weight) * v.get("share", Fraction(1))
            steps, wait = v["on_start"], v["wait"] if v["own_wait"] else base["wait"]
            if not v["leaves"]:
                self.note("assumed", cls.node, "it is left after each task; Locust's users stay in it, because nothing "
                          "in it calls self.interrupt()", 0, notes)
            if v["order"]:
                chain = list(steps)
                for t in v["tasks"]:
                    if chain and t["steps"] and wait and t is not v["tasks"][0]:
                        t["steps"][0]["before"] = [wait["low"], wait["high"]]
                    chain += t["steps"]
                    if t.get("left"):
                        break
                out.append({"name": cls.name, "weight": share, "steps": chain, "tags": v["tags"],
                            "notes": [n for t in v["tasks"] for n in t["notes"]]})
                continue
            total = sum(t["weight"] for t in v["tasks"]) or 1
            every = v["leaves"] or total
            for t in v["tasks"]:
                prefix = copy.deepcopy(steps) if every == total else []
                out.append({**t, "weight": share * t["weight"] / every, "steps": prefix + t["steps"],
                            "tags": t["tags"] + v["tags"]})
            if every != total and steps:
                out.append({"name": "on_start of " + cls.name, "weight": share, "steps": steps, "notes": [], "tags": []})
            if every != total:
                self.note("assumed", cls.node, "its tasks are mixed with the others, with the same shares", 0, notes)
        return out

    # --- classes

    def position(self, cls):
        """Classes of the file itself come in its order, before or after those of other modules as they are imported."""
        return list(self.modules.values()).index(cls.node.own), cls.node.lineno

    def user_classes(self):
        found = [c for c in self.main.scope.names.values() if isinstance(c, Class)]
        inner = {id(t) for c in found for t, _ in self.task_list(c)}
        out = []
        for c in sorted(found, key=self.position):
            if c.attributes.get("abstract") is True or c in out:
                continue
            strange = not c.is_user() and not c.is_set() and id(c) not in inner and any(
                isinstance(b, Module) and not b.name.startswith(("builtins.", "locust.LoadTestShape", "abc.", "enum."))
                for x in c.mro for b in x.bases) and self.task_list(c)
            base = any(c in x.mro[1:] for x in found) and not self.task_list(c)
            if (c.is_user() or strange) and not base:
                out.append(c)
            if strange:
                self.note("left out", c.node, "what its base class adds, which is not in this file", 0, self.general)
        return out

    def user(self, cls):
        """One class of the document for each way to be such a user."""
        self.containers = None
        notes = self.sink = []
        me = Instance(cls)
        client = Client()
        me.values["client"] = client
        self.top, self.in_task = False, False
        self.steps, self.options, self.when = None, None, None
        try:
            variants = self.container(cls, me, notes, [self.around])
        except (TooMuch, Raised, Interrupt, ValueError, TypeError, LookupError, AttributeError) as e:
            self.note("lost", cls.node, "this class: %s" % (str(e) or type(e).__name__),
                      self.calls_in(cls.body), self.general)
            return []
        weight, fixed = cls.get("weight"), cls.get("fixed_count")
        known = isinstance(weight, (int, float)) and weight >= 0
        if weight is not None and not known:
            self.note("left out", self.attribute_node(cls, ("weight",)), "", 0, notes)
        out = []
        for v in variants:
            name = cls.name if v.get("name") in (None, cls.name) else "%s: %s" % (cls.name, v["name"])
            own = [n for n in notes] if not out else []
            out.append({"name": name, "weight": (Fraction(weight) if known else Fraction(1)) * v.get("share", 1),
                        "fixed_count": fixed if isinstance(fixed, int) and fixed > 0 else 0, "wait": v["wait"],
                        "sequence": v["order"], "on_start": v["on_start"], "on_stop": v["on_stop"], "notes": own,
                        "tasks": v["tasks"], "host": self.host(cls, me)})
        return out

    def host(self, cls, me):
        value = me.values.get("host", cls.get("host"))
        if value is None:
            return None
        try:
            text = self.writer.string(value)
        except ValueError as e:
            self.note("left out", self.attribute_node(cls, ("host",)), "give the target with --host: %s" % e, 0,
                      self.general)
            return None
        return text

    def before_test(self):
        """What listeners prepare and send before users start."""
        self.setup = []
        for f in self.listeners:
            self.choices, self.start_steps = [], self.setup
            self.setup = self.setup + self.run_steps(f, [self.around] if f.node.args.args else [], False)[0]
        self.start_steps = []
        if self.setup:
            self.note("assumed", self.listeners[0].node, "what it sends is the setup, which ends the run if it fails")

    # --- the whole

    def read_all(self):
        self.module_level(self.main)
        self.before_test()
        self.module_notes, prepared = list(self.general), self.writer
        captures = [(s, dict(s["capture"])) for s in self.setup]
        self.containers = None
        before = self.snapshot()
        for final in (False, True):
            self.restore(before)
            self.writer = Writer(self, prepared)
            for step, capture in captures:
                step["capture"] = dict(capture)
            self.general[:] = self.module_notes
            self.assigned, self.initial = {}, {}
            classes = [v for c in self.user_classes() for v in self.user(c)]
            self.kept = {n for n in self.assigned} if not final else self.kept
        return self.document(classes)

    def snapshot(self):
        """The lists and dicts that all users share, and what is in them now. Which ones they are is found once for each class: a file
        may have thousands of tasks."""
        if self.containers is None:
            self.containers = [v for v in self.shared() if isinstance(v, (list, dict, set))]
        return [(v, v.copy()) for v in self.containers]

    def restore(self, snapshot):
        for value, before in snapshot:
            value.clear()
            value.extend(before) if isinstance(value, list) else value.update(before)

    def document(self, classes):
        w = self.writer
        for name in w.used:
            for ref in self.assigned.get(name, []):
                ref.name = safe(name)
                w.name_of(ref)
        doc = {"classes": classes, "setup": self.setup, "notes": self.general, "verify": w.verify, "feeders": [],
               "variables": {**{n: "" for n in sorted(w.lent)},
                             **{safe(n): self.initial.get(n, "") for n in sorted(w.used)}}, "load": self.shape()}
        self.line = None  # what follows is about the whole
        if w.timeouts:
            doc["timeout"] = max(w.timeouts)
            if len(w.timeouts) < w.requests or min(w.timeouts) < max(w.timeouts):
                self.note("assumed", None, "the longest timeout of a request is the one of all", 0, self.general)
        for c in classes:
            c["tasks"] = [t for t in c["tasks"] if t["weight"] > 0]
            whole(c["tasks"])
        for group in {c["name"].split(":")[0] for c in classes}:
            pass
        whole(classes)
        draws = Draws(self, w.rands, doc)
        return draws.put_all(doc)

    def shape(self):
        for c in self.main.scope.names.values():
            if isinstance(c, Class) and "LoadTestShape" in c.kinds() and isinstance(c.get("tick"), Function) and \
                    c.attributes.get("abstract") is not True:
                return self.tick_all(c)
        return None

    def tick_all(self, cls):
        """Asks tick() for each second, as Locust does."""
        me, targets = Instance(cls), []
        self.sink, self.top, self.in_task, self.options = self.general, False, False, None
        self.nodes = -1000000
        node = self.tree
        for t in itertools.chain(range(3600), range(3600, 86400, 10)):
            me.values["\0now"] = t
            me.values["get_run_time"] = Bound("shape", me, "get_run_time")
            try:
                made = self.call(Method(cls.get("tick"), me), [], {}, node)
            except (TooMuch, Raised, ValueError, TypeError, LookupError, AttributeError):
                made = Unknown()
            if made is None:
                break
            ok = isinstance(made, (tuple, list)) and len(made) >= 2 and all(
                isinstance(x, (int, float)) and not isinstance(x, bool) for x in made[:2])
            if not ok:
                if targets and self.nodes > STEPS_MAX:
                    self.note("assumed", cls.node, "it ends after %d s" % t)
                    break
                self.note("left out", cls.node, "its users over time cannot be calculated")
                return None
            if len(made) > 2:
                self.note("left out", cls.node, "which classes of users there are at a time; all are there all the time")
            pair = (max(0, min(int(made[0]), 10 ** 7)), max(float(made[1]), 1e-6))
            targets += [pair] * (1 if t < 3600 else 10)
        return stages(targets)


def stages(targets):
    """Users at the end of each second, as ramps."""
    users, out = 0.0, []
    for target, rate in targets:
        goal = users + max(-rate, min(rate, target - users))
        change = goal - users
        if out and abs(out[-1][2] - change) < 1e-9:
            out[-1][0] += 1
            out[-1][1] = goal
        else:
            out.append([1, goal, change])
        users = goal
    if not out or max(o[1] for o in out) < 1 or len(out) > 5000:
        return None
    return [{"duration": n, "users": int(round(goal))} for n, goal, _ in out]


def whole(things):
    """Weights as whole numbers with the same shares."""
    weights = [t["weight"] for t in things]
    if not weights:
        return
    scale = 1
    for w in weights:
        scale = scale * w.denominator // math.gcd(scale, w.denominator)
    numbers = [int(w * scale) for w in weights]
    divisor = 0
    for n in numbers:
        divisor = math.gcd(divisor, n)
    if all(w.denominator == 1 for w in weights):
        divisor = 1
    numbers = [n // max(divisor, 1) for n in numbers]
    most = max(numbers)
    if most > 10 ** 6:
        numbers = [max(1, n * 10 ** 6 // most) if n else 0 for n in numbers]
    for t, n in zip(things, numbers):
        t["weight"] = n


class Draws:
    """How the scenario makes the values that chance decides: functions, or rows of a file."""

    def __init__(self, run, uses, doc):
        self.run, self.uses, self.doc = run, uses, doc
        self.count, self.feeders, self.columns = {}, {}, {}
        self.hidden = {}  # uses of a secret: its variable, and the number of values
        self.stays = set()  # uses of a row that on_start draws, so that it stays

    def put_all(self, doc):
        used = []
        self.walk(doc, lambda m: used.append(int(m)))
        for i in used:
            for r in self.uses[i][0].roots:
                self.count[r] = self.count.get(r, 0) + 1
        if self.run.files:
            self.group(used)
        made = {i: self.expression(i) for i in set(used)}
        return self.walk(doc, lambda m: made[int(m)])

    def walk(self, value, f):
        if isinstance(value, dict):
            return {self.walk(k, f): self.walk(v, f) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.walk(v, f) for v in value]
        if isinstance(value, str) and "\ue002" in value:
            return re.sub("\ue002(\\d+)\ue003", lambda m: f(m.group(1)) or "", value)
        return value

    def group(self, used):
        """Draws of which the source uses one result several times: a file of rows for each group."""
        groups = []
        for i in used:
            roots = [r for r in self.uses[i][0].roots if self.count[r] > 1 or r.taken or r.file]
            if not roots:
                continue
            roots = set(self.uses[i][0].roots)
            for g in [g for g in groups if g & roots]:
                groups.remove(g)
                roots |= g
            groups.append(roots)
        for g in groups[:50]:
            members = [i for i in used if set(self.uses[i][0].roots) & g]
            self.feeder(sorted(g, key=id), members)

    def own_files(self, members):
        """Columns of the source's own CSV files are those files. Returns the other members."""
        rows = {}
        for i in members:
            rand, given = self.uses[i][:2]
            if len(rand.roots) == 1 and rand.roots[0].file and not given and re.fullmatch(r"[A-Za-z_]\w*", rand.column or "", re.A):
                rows.setdefault(rand.roots[0], []).append(i)
        for root, own in rows.items():
            name = "draw%d" % (len(self.doc["feeders"]) + 1)
            self.columns.update((i, "%s.%s" % (name, self.uses[i][0].column)) for i in own)
            self.doc["feeders"].append({"name": name, "csv": root.file[0], "delimiter": root.file[1],
                                        "mode": "sequential" if root.taken else "random"})
            self.stays.update(own if any(self.uses[i][5] for i in own) else [])
        rest = [i for i in members if i not in self.columns]
        if rows and rest:
            self.run.note("assumed", self.uses[rest[0]][3], "drawn apart from the row of the file", 0, self.uses[rest[0]][4])
        return rest

    def feeder(self, roots, members):
        members = self.own_files(members)
        if not members:
            return
        self.run.given = [x for i in members for x in self.uses[i][1]]
        cost = sum(self.uses[i][0].cost for i in set(members))
        worlds, exact = self.run.worlds(roots, max(10, min(ROWS_MAX, 1000000 // cost)), max(10, min(ROWS_MAX, 200000 // cost)))
        self.run.given = []
        name = "draw%d" % (len(self.doc["feeders"]) + 1)
        mode = "sequential" if any(r.taken for r in roots) else "random"
        columns, keys = [], {}
        made = dict(zip(members, zip(*self.outcomes([self.uses[i][0] for i in members], worlds))))
        if not made:
            return
        self.hide(members, made)
        for i in members:
            if i in self.hidden:
                continue
            rand, typed = self.uses[i][0], self.uses[i][2]
            key = (id(rand), typed)
            if key not in keys:
                keys[key] = "v%d" % (len(keys) + 1)
                columns.append([self.written(v, typed) for v in made[i]])
            self.columns[i] = "%s.%s" % (name, keys[key])
        if any(self.uses[i][5] for i in members):
            self.stays.update(members)
        rows = [list(r) for r in zip(*columns)]
        if not rows or sum(len(x) for r in rows for x in r) > 4000000:
            for i in members:
                self.columns.pop(i, None)
            return
        line, sink = self.uses[members[0]][3], self.uses[members[0]][4]
        self.doc["feeders"].append({"name": name, "columns": list(keys.values()), "rows": rows, "mode": mode})
        if not exact:
            self.run.note("assumed", line, "%d values, drawn in advance, are in a file" % len(rows), 0, sink)

    def outcomes(self, rands, worlds):
        """What these draws make of each combination, but of those for which the source itself fails."""
        out = []
        for w in worlds:
            try:
                out.append([r.make(w) for r in rands])
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
                continue
        return out

    def hide(self, members, made):
        """Passwords are no column: a variable replaces them, also where the same values have another name."""
        named = self.run.writer.secrets
        for i in members:
            name = named.get(id(self.uses[i][0]))
            for k in members if name is not None else []:
                if made[k] == made[i]:
                    self.hidden[k] = named.get(id(self.uses[k][0]), name), len(set(map(str, made[i])))

    def written(self, value, typed):
        return json.dumps(value) if typed else clean(str(value))

    def expression(self, i):
        rand, given, typed, line, sink, starting = self.uses[i]
        if not starting and any(r.of_user for r in rand.roots) and i not in self.stays:
            self.run.note("assumed", line, "drawn again each time; in the source each user draws it once", 0, sink)
        if i in self.columns:
            return self.columns[i]
        secret, count = self.hidden.get(i, (self.run.writer.secrets.get(id(rand)), 0))
        if secret is not None:
            self.run.note("assumed", line, "one secret for all, from the environment" if count == 0 else
                          "${env.%s} instead of %d secret values; a CSV file of your own (\"feeders\") can have them" % (
                              secret, count), 0, sink)
            return "env." + secret
        if any(self.count[r] > 1 for r in rand.roots):
            self.run.note("assumed", line, "it is drawn again each time that it is used; with -o FILE it is one value", 0,
                          sink)
        if rand.native is not None and not any(set(r.roots) & set(rand.roots) for r, _ in given):
            return rand.native[0]
        self.run.given = given
        worlds, exact = self.run.worlds(rand.roots, ROWS_MAX, 20 if len(self.uses) > 500 else VALUES_MAX)
        self.run.given = []
        values = [self.written(v, typed) for v, in self.outcomes([rand], worlds)]
        if not values:
            self.run.note("left out", line, "its value cannot be calculated", 0, sink)
            return "random.choice('')"
        if len(values) > VALUES_MAX and not (exact and len(values) * len(values[0]) < 20000 and len(values) <= 900):
            values, exact = values[:VALUES_MAX], False
        while len(values) > 1 and sum(len(v) for v in values) > 60000:
            values, exact = values[:len(values) // 2], False
        if not exact and len(set(values)) > 1:
            self.run.note("assumed", line, "one of %d values that are drawn in advance" % len(values), 0, sink)
        return "random.choice(%s)" % ", ".join(quoted(v) for v in values)


def limit():
    """A source that asks for too much ends here, and not at the cost of the machine."""
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    except (ImportError, ValueError, OSError):
        pass


def strings(value):
    """A document has texts as keys, and no numbers that JSON does not have."""
    return json.dumps(value, allow_nan=False, default=lambda v: str(v))


def main():
    """Arguments: "files" or "no-files" for rows of drawn values; the folder of the source, or ""; its name."""
    limit()
    sys.setrecursionlimit(6000)
    source = sys.stdin.buffer.read()
    files, folder, name = sys.argv[1:4]
    near = Files(folder)
    try:
        own = parsed(source, os.path.join(near.folder, name), "", "locustfile")
    except SyntaxError as e:
        print(json.dumps({"error": {"line": e.lineno or 0, "column": e.offset or 0, "text": clean(str(e.msg))}}))
        return
    except (ValueError, RecursionError, MemoryError) as e:
        print(json.dumps({"error": {"line": 0, "column": 0, "text": clean(str(e) or type(e).__name__)}}))
        return
    print(strings(Reader(own, near, files == "files").read_all()))


main()
