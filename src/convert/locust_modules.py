"""Modules and data files of the source, which are read where they are. The third part of the script of locust_values.py.

A module is evaluated like the file itself, so nothing of it is run. Only regular files below one folder are read: the
root of the file's repository, or else a few folders above the file.
"""
import glob
import os
import stat

MODULES_MAX = 200
FILE_BYTES_MAX = 4 << 20
ALL_BYTES_MAX = 32 << 20
REPOSITORY = (".git", ".hg", ".svn")
REPOSITORY_PARENTS_MAX = 16
PARENTS_MAX = 3  # of a file that is in no repository
NAMES_MAX = 1000  # of a folder
NEVER_OWN = set("locust base64 collections copy csv datetime functools hashlib io itertools json logging math os "
                "pathlib random re string sys threading time typing urllib uuid".split())
# Own modules of these names are only in the folder of the file, which Python searches first.
INSTALLED = set(getattr(sys, "stdlib_module_names", ())) | set(
    "requests httpx faker numpy pandas gevent dotenv yaml locust_plugins urllib3".split())

STARS = {
    "locust": ("HttpUser", "FastHttpUser", "User", "TaskSet", "SequentialTaskSet", "task", "tag", "between", "constant",
               "constant_pacing", "constant_throughput", "events", "LoadTestShape", "HttpLocust", "TaskSequence",
               "seq_task"),
    "random": ("randint", "choice", "uniform", "random", "randrange", "sample", "choices"),
    "time": ("time", "sleep"), "datetime": ("datetime", "timedelta", "date"),
}


def root_of(folder):
    """The folder below which files may be read."""
    at = folder
    for _ in range(REPOSITORY_PARENTS_MAX):
        if any(os.path.exists(os.path.join(at, mark)) for mark in REPOSITORY):
            return at
        at = os.path.dirname(at)
    at = folder
    for _ in range(PARENTS_MAX):
        up = os.path.dirname(at)
        # What everybody may write to is not the source's: somebody else may have put a module there.
        if up in (os.path.dirname(up), os.path.expanduser("~")) or os.stat(up).st_mode & stat.S_IWOTH:
            break
        at = up
    return at


class PathName(str):
    """A pathlib.Path."""


class Files:
    """What is near the source. `folder`: of the file; "": nothing is read."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder) if folder else ""
        self.left, self.folders = ALL_BYTES_MAX, []
        self.root = ""
        if self.folder:
            try:
                self.root = root_of(self.folder)
            except OSError:
                self.root = self.folder
            at = self.folder
            while True:
                self.folders.append(at)
                if at == self.root or at == os.path.dirname(at):
                    break
                at = os.path.dirname(at)

    def inside(self, path):
        """The real path if it is below the root; "" otherwise."""
        if not self.root or "\0" in path:
            return ""
        real = os.path.realpath(path)
        return real if os.path.commonpath([real, self.root]) == self.root else ""

    def find(self, path):
        """A file or folder that the source names, which starts in one of the folders where Locust may be started."""
        for folder in self.folders:
            real = self.inside(os.path.join(folder, path))
            if real and os.path.exists(real):
                return real
        return ""

    def read(self, path, size_max=FILE_BYTES_MAX):
        """The bytes of a regular file, or None."""
        real = self.inside(path)
        try:
            if not real or not stat.S_ISREG(os.stat(real).st_mode) or os.stat(real).st_size > min(size_max, self.left):
                return None
            with open(real, "rb") as f:
                data = f.read(size_max + 1)
        except OSError:
            return None
        self.left -= len(data)
        return data if len(data) <= size_max else None

    def shown(self, path):
        return os.path.relpath(path, self.folder) if self.folder else path


class Importer(Evaluator):
    """Imports: a module near the source is an Own, any other is a Module, of which only the name is known."""

    def __init__(self, main, files):
        super().__init__(main)
        self.near = files
        self.modules = {main.path: main}
        self.module_nodes = -4 * STEPS_MAX  # all imported modules together
        self.imported_at = {}  # names of modules that are not near: the statement

    def s_Import(self, node, scope):
        for a in node.names:
            first = a.name.split(".")[0]
            own = self.own_module(a.name, node)
            if own is None:
                self.imported_at.setdefault(first, node)
                own = Module(a.name if a.asname else first)
            elif not a.asname:
                own = self.own_module(first, node) or self.package(first)
            scope.set(a.asname or first, own)

    def s_ImportFrom(self, node, scope):
        name = node.module or ""
        own = self.relative(node) if node.level else self.own_module(name, node)
        for a in node.names:
            if a.name == "*":
                self.import_all(own, name, scope)
                continue
            value = self.member(own, a.name, node) if own is not None else None
            if value is None and own is None and not node.level:
                value = self.own_module("%s.%s" % (name, a.name), node)
            if value is None:
                full = "%s.%s" % (name, a.name) if name else a.name
                self.imported_at.setdefault(full.split(".")[0], node)
                value = Module("." * node.level + full)
            scope.set(a.asname or a.name, value)

    def import_all(self, own, name, scope):
        if own is None:
            for n in STARS.get(name, ()):
                scope.set(n, Module("%s.%s" % (name, n)))
            return
        names = own.scope.names.get("__all__")
        if not isinstance(names, (list, tuple)):
            names = [n for n in own.scope.names if not n.startswith("_")]
        for n in names:
            if n in own.scope.names:
                scope.set(n, own.scope.names[n])

    def member(self, own, name, node):
        """A name of a module, or a module of a package; None: there is none."""
        if name in own.scope.names:
            return own.scope.names[name]
        if not own.folder:
            return None
        at = os.path.join(own.folder, name)
        found = self.load([own.folder], name, own, node)
        return self.package(name, at) if found is None and os.path.isdir(at) and self.near.inside(at) else found

    def relative(self, node):
        folder = os.path.dirname(node.own.path)
        for _ in range(node.level - 1):
            folder = os.path.dirname(folder)
        if not self.near.inside(folder):
            return None
        if not node.module:
            return self.load([os.path.dirname(folder)], os.path.basename(folder), None, node) or self.package("", folder)
        return self.walk([folder], node.module, node)

    def package(self, name, folder=""):
        """A folder without an __init__.py."""
        return Own("", folder or self.near.find(name), name)

    def own_module(self, name, node):
        first = name.split(".")[0]
        if first in NEVER_OWN:
            return None
        folders = self.near.folders[:1] if first in INSTALLED else self.near.folders + [os.path.dirname(node.own.path)]
        return self.walk(folders, name, node)

    def walk(self, folders, name, node):
        """The module of a dotted name. A folder without an __init__.py is a package of what is in it."""
        for folder in folders:
            parent, inner = None, [folder]
            for part in name.split("."):
                own = self.load(inner, part, parent, node)
                at = os.path.join(inner[0], part)
                if own is None and not (os.path.isdir(at) and self.near.inside(at)):
                    parent = None
                    break
                parent, inner = own, [own.folder or at if own is not None else at]
            if parent is not None:
                return parent
        return None

    def load(self, folders, part, parent, node):
        """Reads one module, or finds it among those that are read."""
        for folder in folders:
            for path, inner in ((os.path.join(folder, part, "__init__.py"), os.path.join(folder, part)),
                                (os.path.join(folder, part + ".py"), "")):
                real = self.near.inside(path)
                if not real or not os.path.isfile(real):
                    continue
                if real not in self.modules and not self.read_module(real, inner, part, node):
                    return None
                own = self.modules[real]
                if parent is not None:
                    parent.scope.names.setdefault(part, own)
                return own
        return None

    def read_module(self, path, folder, name, node):
        if len(self.modules) >= MODULES_MAX:
            self.note("left out", node, "more than %d modules" % MODULES_MAX, to=self.general)
            return False
        data = self.near.read(path)
        shown = self.near.shown(path)
        if data is None:
            self.note("left out", node, "%s, which cannot be read" % shown, to=self.general)
            return False
        try:
            own = parsed(data, path, folder, name)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
            self.note("left out", node, "%s, which is no Python: %s" % (shown, getattr(e, "msg", e)), to=self.general)
            return False
        own.shown = shown
        self.modules[path] = own
        self.learn(own)
        self.evaluate_module(own)
        return True

    def evaluate_module(self, own):
        """Evaluates the statements of an imported module, wherever the import is."""
        outer = (self.steps, self.when, self.top, self.sink, self.options, self.checking, self.in_task, self.depth,
                 self.active, self.line, self.nodes)
        self.steps, self.when, self.top, self.sink, self.options = None, None, True, self.general, None
        self.checking, self.in_task, self.depth, self.active = None, False, 0, []
        self.nodes = self.module_nodes
        try:
            self.module_level(own)
        finally:
            self.module_nodes = self.nodes
            (self.steps, self.when, self.top, self.sink, self.options, self.checking, self.in_task, self.depth,
             self.active, self.line, self.nodes) = outer

    def module_level(self, own):
        own.scope.names.update({"__name__": own.name, "__file__": own.path})
        try:
            for n in own.tree.body:
                try:
                    if isinstance(n, ast.If) and isinstance(n.test, ast.Compare) and "__name__" in ast.dump(n.test):
                        continue
                    self.statement(n, own.scope)
                except (Return, Break, Continue, Raised, Interrupt):
                    pass
        except TooMuch:
            self.note("left out", self.line, "the file does too much; the rest of it")

    def absent(self, value):
        """Why a value of a module that is not near is not known; "" if there is none."""
        module = find(value, Module)
        known = module is not None and module.name.lstrip(".").split(".")[0] in self.imported_at
        return self.from_where(module.name) if known else ""

    def from_where(self, name):
        node = self.imported_at.get(name.lstrip(".").split(".")[0])
        where = " (imported in line %d%s)" % (node.lineno, " of " + node.own.shown if node.own.shown else "") if node else ""
        return "%s is not in this file or near it%s" % (name, where)

    # --- paths and data

    def source_file(self, path):
        """The name of a file as a scenario in the folder of the source has it."""
        found = self.near.find(path)
        return self.near.shown(found) if found else path

    def content(self, value):
        """Files in nested lists become what is in them."""
        if isinstance(value, (list, tuple)):
            return type(value)(self.content(v) for v in value)
        if not isinstance(value, File):
            return value
        path = self.near.find(value.path)
        data = self.near.read(path) if path else None
        if data is None:
            return Unknown("%s cannot be read" % value.path)
        return data if value.binary else clean(data.decode("utf-8-sig", "replace"))

    def lines_of(self, file):
        """The lines of a data file, or None."""
        text = self.content(file)
        return text.splitlines(True) if isinstance(text, (str, bytes)) else None

    def absolute(self, path):
        return os.path.normpath(os.path.join(self.near.folder, path))

    def listed(self, pattern):
        """The files of a pattern, as their paths: those near the source only."""
        at = pattern if os.path.isabs(pattern) else os.path.join(self.near.folder, pattern)
        if "**" in at or not self.near.inside(os.path.dirname(at)):
            return None
        return [p for p in sorted(glob.iglob(at)) if self.near.inside(p)][:NAMES_MAX]

    def path_attribute(self, path, name):
        if name == "parent":
            return PathName(os.path.dirname(path))
        if name == "parents":
            out = [PathName(os.path.dirname(path))]
            while out[-1] != os.path.dirname(out[-1]):
                out.append(PathName(os.path.dirname(out[-1])))
            return out
        if name in ("name", "stem", "suffix"):
            base = os.path.basename(path)
            return {"name": base, "stem": os.path.splitext(base)[0], "suffix": os.path.splitext(base)[1]}[name]
        return Bound("path", path, name)

    def call_path(self, path, name, args, named, node):
        if name in ("resolve", "absolute", "expanduser"):
            return PathName(self.absolute(path))
        if name == "joinpath" and all(isinstance(a, str) for a in args):
            return PathName(os.path.join(path, *args))
        if name in ("as_posix", "__str__", "__fspath__"):
            return str(path)
        if name in ("with_name", "with_suffix") and args and isinstance(args[0], str):
            stem = os.path.splitext(path)[0] if name == "with_suffix" else os.path.join(os.path.dirname(path), "")
            return PathName(stem + args[0])
        if name in ("exists", "is_file", "is_dir"):
            return bool(self.near.find(path))
        if name in ("open", "read_text", "read_bytes"):
            return File(str(path), name == "read_bytes" or "b" in str(args[:1]))
        if name in ("glob", "iterdir"):
            made = self.listed(os.path.join(path, args[0] if name == "glob" else "*"))
            return Unknown("the names of files") if made is None else [PathName(p) for p in made]
        return Unknown("%s of a path" % name)


def parsed(data, path, folder, name):
    """A module of these bytes; SyntaxError and others if it is none."""
    tree = ast.parse(data)
    own = Own(path, folder, name, data.decode("utf-8", "replace"))
    own.tree = tree
    for n in ast.walk(tree):
        n.own = own
    return own
