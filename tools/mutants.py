#!/usr/bin/env python3
"""Makes one small mistake at a time in a folder of src/ and checks whether the folder's tests detect it.

  tools/mutants.py FOLDER [--seed 1] [--count 10] [--seconds 300] [--jobs 1] [--file NAME.cpp] [--again] [--list]
  tools/mutants.py --show [FOLDER ...]

FOLDER is a folder of src/ such as lm/engine; its tests are the program test_FOLDER and those of FURTHER_TESTS below. A
mistake is another comparison, a bound or a constant changed by one, a removed check, notify or statement, swapped arguments,
&& for ||, + for -.
The seed selects the mistakes. The result of each is one of

  caught       a test failed, or the program crashed
  hung         the tests did not end in time: detected, but a wait with a limit would show where
  survived     all tests passed: a test is missing, or the mutant is equivalent
  equivalent   it survived, and tools/mutants-equivalent.tsv has the reason why no test can detect it
  no compile   it did not compile; another mistake replaces it

No file of src/ is changed: the changed source is compiled in a temporary folder, with the flags of the build folder, and
linked before the libraries of the test program. Results are stored in BUILD/mutants/. An interrupted run resumes; --again
repeats only the survivors. Headers and macro definitions are not changed.
The exit status is 1 if a mutant survived."""
import argparse
import concurrent.futures
import contextlib
import difflib
import json
import os
import queue
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tools" / "mutants-equivalent.tsv"  # file, line of code, line of the mutant, reason
LEAST_SECONDS = 20      # least time limit for a mutant's tests; otherwise this multiple of the usual time:
TIMES_AS_LONG = 5
MEMORY_BYTES = 12 << 30  # limit for endless loops that allocate memory
FURTHER_TESTS = {"library": ["test_library_interface"], "snac": ["test_codec"]}  # beside test_FOLDER


# ---- Where a mistake fits -------------------------------------------------------------------------------------------

def code_of(text):
    """Returns the text with comments, strings and preprocessor lines replaced by blanks."""
    pattern = re.compile(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|'
                         r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.S | re.M)
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def operators(code, before, after, kind):
    for found in re.finditer(re.escape(before), code):
        yield found.start(), found.end(), after, kind


def sites(text):
    """Returns (begin, end, replacement, kind) of every possible mistake in the text."""
    code = code_of(text)
    swaps = {"comparison": [(" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" == ", " != "), (" != ", " == ")],
             "logic": [(" && ", " || "), (" || ", " && ")],
             "bound": [(" + 1", ""), (" - 1", "")],
             "arithmetic": [(" + ", " - "), (" - ", " + "), (" * ", " / "), (" / ", " * "), (" % ", " * "), (" += ", " -= "),
                            (" -= ", " += "), ("std::min(", "std::max("), ("std::max(", "std::min(")]}
    for kind, pairs in swaps.items():
        for before, after in pairs:
            for begin, end, replacement, _ in operators(code, before, after, kind):
                line = code[code.rfind("\n", 0, begin) + 1:begin]
                after_it = code[end:end + 1]
                if kind == "comparison" and re.search(r"(template|operator|requires)\b", line):
                    continue
                if kind == "logic" and re.search(r"[(,]\s*(const )?auto$|[A-Za-z_]\s*$", line) and "auto" in line and after == " || ":
                    continue  # an rvalue reference
                if kind == "bound" and (after_it.isalnum() or after_it in "._'"):
                    continue
                yield begin, end, replacement, kind
    for found in re.finditer(r"(?<![\w.'])(\d+)(?![\w.'])", code):
        number = int(found.group())
        yield found.start(), found.end(), str(number + 1), "constant"
        if number > 1:
            yield found.start(), found.end(), str(number - 1), "constant"
    for found in re.finditer(r"\b(true|false)\b", code):
        yield found.start(), found.end(), "false" if found.group() == "true" else "true", "constant"
    for found in re.finditer(r"(?<=[(\s])!(?=[\w(*])", code):
        yield found.start(), found.end(), "", "negation"
    for found in re.finditer(r"^[ \t]*(?:[\w.>\-()*\[\]]*notify_(?:one|all)\(\)|[\w.>\-]*wake\(\w*\));", code, re.M):
        yield found.start(), found.end(), ";", "removed notify"
    for found in re.finditer(r"^[ \t]*(?:if \([^;{}]*\)\s*(?:return|continue|break)\b[^;{}]*;|ORPHEUS_CHECK\([^;]*\);)", code, re.M):
        if "else" not in code[found.end():found.end() + 12]:
            yield found.start(), found.end(), ";", "removed check"
    for found in re.finditer(r"\bif \(((?:[^;{}()]|\([^(){};]*\))*)\) \{", code):
        yield found.start(1), found.end(1), "false && (" + text[found.start(1):found.end(1)] + ")", "removed check"
    for found in re.finditer(r"(?<=[;{}\n])\n?[ \t]*(?!return|delete|using|throw|break|continue|case|goto|const |auto )"
                             r"(?:\+\+|--)?[a-z_][\w.>\-\[\]()*]*(?: [-+|&*/]?= [^;={}\n]+|\((?:[^;{}\n])*\))?;", code):
        body = found.group().strip()
        if re.match(r"[\w:<>]+ [\w]", body) or ("(" not in body and "=" not in body and "++" not in body and "--" not in body):
            continue  # a declaration
        begin = found.start() + len(found.group()) - len(found.group().lstrip())
        yield begin, found.end(), ";", "removed statement"
    argument = r"[\w.:]+(?:\(\))?(?:->\w+)?"
    for found in re.finditer(r"(?<=\w)\((%s), (%s)\)" % (argument, argument), code):
        if found.group(1) != found.group(2) and not re.search(r"std::(min|max|swap|tie)$", code[:found.start()]):
            yield found.start(1), found.end(2), "%s, %s" % (found.group(2), found.group(1)), "swapped arguments"


class Mutant:
    def __init__(self, file, text, begin, end, replacement, kind):
        self.file, self.kind, self.text = file, kind, text
        self.line = text.count("\n", 0, begin) + 1
        self.mutated = text[:begin] + replacement + text[end:]
        first, last = text.rfind("\n", 0, begin) + 1, text.find("\n", end)
        self.before = " ".join(text[first:last].split())
        self.after = " ".join((text[first:begin] + replacement + text[end:last]).split())

    def key(self):
        """A key that does not change when lines are added elsewhere."""
        return "\t".join((self.file, self.before, self.after))

    def diff(self):
        lines = difflib.unified_diff(self.text.splitlines(), self.mutated.splitlines(), lineterm="", n=0)
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def mutants_of(folder, names, seed, is_built):
    """All mutants of the folder in the order of the seed. Each file and kind comes early, even if it is rare."""
    found = []
    for path in sorted((ROOT / "src" / folder).glob("*.cpp")):
        if path.name.endswith("_test.cpp") or (names and path.name not in names) or not is_built(path):
            continue
        text = path.read_text(encoding="utf-8")
        found += [Mutant(str(path.relative_to(ROOT)), text, *site) for site in sites(text)]
    chance = random.Random(seed)
    chance.shuffle(found)
    num_seen = {}
    ranks = []
    for place, mutant in enumerate(found):
        group = (mutant.file, mutant.kind)
        num_seen[group] = num_seen.get(group, 0) + 1
        ranks.append((num_seen[group] + chance.random() * 3, place))
    return [found[place] for _, place in sorted(ranks)]


# ---- Building and trying one ----------------------------------------------------------------------------------------

class Program:
    """A test program, which is linked with a mutant's object. If the program uses our shared library, that is linked instead,
    and the program loads it."""

    def __init__(self, build, name):
        self.build, self.name = build, name
        self.inputs = set(self.ninja("inputs", name))
        self.made = next((part for part in self.inputs if re.fullmatch(r"lib\w+\.so(\.\d+)+", part)), name)
        last = self.ninja("commands", self.made)[-1]
        # ": && LINK && what is done with the program"
        self.link = shlex.split(next(part for part in last.split(" && ") if " -o " in part))

    def ninja(self, tool, target):
        words = ["ninja", "-C", self.build, "-t", tool, target]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip().splitlines()

    def linked(self, original, changed, scratch):
        """Returns the program and the variables to run it with; None if it cannot be linked."""
        link, made = list(self.link), scratch / self.made
        link[link.index("-o") + 1] = str(made)
        if original in link:
            link[link.index(original)] = str(changed)
        else:
            link.insert(link.index("-o"), str(changed))  # so that its symbols are used instead of the library's
        if run(link, self.build, 120, quiet=True) != 0:
            return None
        return (made, {}) if self.made == self.name else (self.build / self.name, {"LD_PRELOAD": str(made)})


class Lab:
    """Compiles a mutated source and links the folder's tests with it, all in a temporary folder."""

    def __init__(self, folder, build, scratch, tests):
        self.tests = tests
        self.build, self.scratch = build, Path(scratch)
        commands = json.loads((build / "compile_commands.json").read_text())
        self.compile = {str(Path(entry["file"]).resolve()): entry for entry in commands}
        names = ["test_" + folder.replace("/", "_")] + FURTHER_TESTS.get(folder, [])
        self.programs = [Program(build, name) for name in names]

    def compiled(self, mutant):
        """Returns the object of the source without the mutant and that with it; None if it does not compile."""
        source, made = self.scratch / "mutant.cpp", self.scratch / "mutant.o"
        source.write_text(mutant.mutated, encoding="utf-8")
        original = ROOT / mutant.file
        entry = self.compile[str(original.resolve())]
        words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
        at = words.index("-o") + 1
        replaced, words[at] = words[at], str(made)
        words[-1] = str(source)
        words += ["-Wno-error", "-w", "-iquote", str(original.parent)]
        return (replaced, made) if run(words, entry["directory"], 300, quiet=True) == 0 else None

    def times_without(self):
        """The seconds of each unchanged program, which must pass; otherwise every mutant would be caught. A resumed run uses
        those of an earlier one."""
        kept = self.build / "mutants" / "seconds.json"
        times = json.loads(kept.read_text()) if kept.exists() else {}
        for program in self.programs:
            subprocess.run(["ninja", "-C", self.build, program.name], check=True, stdout=subprocess.DEVNULL)
            of_what = [self.tests, (self.build / program.made).stat().st_mtime]
            if times.get(program.name, [])[:2] == of_what:
                continue
            begin = time.monotonic()
            if run(self.command(self.build / program.name), self.scratch, 600, quiet=True) != 0:
                sys.exit(f"mutants: {program.name} fails without a mutant; mend that first")
            times[program.name] = of_what + [time.monotonic() - begin]
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(json.dumps(times))
        return {program.name: times[program.name][2] for program in self.programs}

    def command(self, program):
        return [str(program), "--gtest_brief=1", "--gtest_fail_fast", "--gtest_filter=" + self.tests]


running = set()  # processes that we started


def end_all():
    for process in list(running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def run(words, folder, seconds, quiet=False, variables=None):
    """Returns the exit status; None if the time ran out. Ends all processes that it started."""
    def begin():
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))  # mapped files are not counted
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = subprocess.DEVNULL if quiet else None
    temporary = Path(folder) / "tmp" if str(folder).startswith(tempfile.gettempdir()) else None
    environment = dict(os.environ, **(variables or {}))
    if temporary:
        temporary.mkdir(exist_ok=True)
        environment["TMPDIR"] = str(temporary)
    process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=begin,
                               start_new_session=True, env=environment)
    running.add(process)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        running.discard(process)
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def verdict_on(mutant, lab, seconds):
    objects = lab.compiled(mutant)
    if objects is None:
        return "no compile"
    for program in lab.programs:
        if objects[0] not in program.inputs:
            continue
        linked = program.linked(*objects, lab.scratch)
        if linked is None:
            return "no compile"
        status = run(lab.command(linked[0]), lab.scratch, seconds[program.name], quiet=True, variables=linked[1])
        if status != 0:
            return "hung" if status is None else "caught"
    return "survived"


# ---- Earlier results ------------------------------------------------------------------------------------------

def equivalents():
    if not EQUIVALENT.exists():
        return {}
    rows = [line.split("\t") for line in EQUIVALENT.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {"\t".join(row[:3]): row[3] for row in rows}


class Results:
    """One file per folder; the last result of a mutant is used."""

    def __init__(self, build, folder):
        self.path = build / "mutants" / (folder.replace("/", "_") + ".jsonl")
        self.path.parent.mkdir(exist_ok=True)
        self.known = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                entry = json.loads(line)
                self.known[entry["key"]] = entry

    def add(self, mutant, verdict, seed):
        entry = {"key": mutant.key(), "verdict": verdict, "kind": mutant.kind, "seed": seed, "place": f"{mutant.file}:{mutant.line}"}
        self.known[entry["key"]] = entry
        with self.path.open("a") as out:
            out.write(json.dumps(entry) + "\n")


def verdict_of(entry, excused):
    return "equivalent" if entry["verdict"] == "survived" and entry["key"] in excused else entry["verdict"]


def tell(entries, excused, title):
    verdicts = [verdict_of(entry, excused) for entry in entries]
    counts = {word: verdicts.count(word) for word in ("caught", "hung", "survived", "equivalent", "no compile")}
    judged = counts["caught"] + counts["hung"] + counts["survived"]
    share = f", {100 * (judged - counts['survived']) / judged:.0f} % of {judged}" if judged else ""
    print(f"{title}: " + ", ".join(f"{count} {word}" for word, count in counts.items() if count) + share, flush=True)
    return counts["survived"]


def describe(mutant, verdict, seconds):
    print(f"{verdict:10} {mutant.file}:{mutant.line}: {mutant.kind} ({seconds:.0f} s)", flush=True)
    if verdict in ("survived", "hung"):
        for line in mutant.diff():
            print("    " + line, flush=True)


# ---- The command ----------------------------------------------------------------------------------------------------

def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10, help="mutants that compile, those of earlier runs with this seed included")
    parser.add_argument("--seconds", type=float, default=300, help="no further mutant is begun after these")
    parser.add_argument("--tests", default="*", help="which of them, as --gtest_filter; -NAME leaves a slow one out")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at once")
    parser.add_argument("--file", action="append", help="only this file of the folder")
    parser.add_argument("--build", default="build/release", help="a configured build folder with tests")
    parser.add_argument("--again", action="store_true", help="try those that survived or hung once more")
    parser.add_argument("--list", action="store_true", help="say which mutants would be tried")
    parser.add_argument("--show", action="store_true", help="say what is known of earlier runs")
    return parser.parse_args()


def show(build, folders, excused):
    paths = sorted((build / "mutants").glob("*.jsonl"))
    names = folders or [path.stem for path in paths]
    everything = []
    for name in names:
        known = list(Results(build, name).known.values())
        tell(known, excused, name)
        for entry in known:
            if verdict_of(entry, excused) in ("survived", "hung"):
                before, after = entry["key"].split("\t")[1:]
                print(f"  {entry['verdict']} {entry['place']}: {entry['kind']}\n    -{before}\n    +{after}")
        everything += known
    return tell(everything, excused, "all")


def try_folder(folder, options, build, scratch, excused):
    if not (ROOT / "src" / folder).is_dir():
        sys.exit(f"mutants: src/{folder} is no folder")
    built = {entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())}
    mutants = mutants_of(folder, options.file, options.seed, lambda path: str(path) in built)
    if options.list:
        for mutant in mutants[:options.count]:
            print(f"{mutant.file}:{mutant.line}: {mutant.kind}\n    -{mutant.before}\n    +{mutant.after}")
        return 0
    results, labs = Results(build, folder), queue.Queue()
    for number in range(options.jobs):
        own = Path(scratch) / f"{folder.replace('/', '_')}-{number}"
        own.mkdir()
        labs.put(Lab(folder, build, own, options.tests))
    bound = bound_of(labs, folder, len(mutants), options)
    begin = time.monotonic()
    judged, tried, pending = [], set(), {}

    def judge(mutant):
        lab, started = labs.get(), time.monotonic()
        try:
            return verdict_on(mutant, lab, bound), time.monotonic() - started
        finally:
            labs.put(lab)

    def collect(all_of_them=False):
        when = concurrent.futures.ALL_COMPLETED if all_of_them else concurrent.futures.FIRST_COMPLETED
        for future in concurrent.futures.wait(pending, return_when=when).done:
            mutant = pending.pop(future)
            verdict, seconds = future.result()
            results.add(mutant, verdict, options.seed)
            describe(mutant, verdict_of(results.known[mutant.key()], excused), seconds)
            if verdict != "no compile":
                judged.append(results.known[mutant.key()])

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            for mutant in mutants:
                while pending and (len(judged) + len(pending) >= options.count or len(pending) >= options.jobs):
                    collect()
                if len(judged) >= options.count:
                    break
                known = results.known.get(mutant.key())
                again = options.again and known and known["verdict"] in ("survived", "hung")
                if mutant.key() in tried or (options.again and known is None):
                    continue  # two sites of one line that look alike; or new
                tried.add(mutant.key())
                if known and not again:
                    judged += [known] if known["verdict"] != "no compile" else []
                    continue
                if time.monotonic() - begin > options.seconds:
                    print("mutants: the time is over; the same command goes on from here")
                    break
                pending[pool.submit(judge, mutant)] = mutant
            collect(all_of_them=True)
        finally:
            end_all()
    return tell(judged, excused, folder)


def bound_of(labs, folder, num_mutants, options):
    """The time limit of each program in seconds, from its time without a mutant."""
    lab = labs.get()
    alone = lab.times_without()
    labs.put(lab)
    times = ", ".join(f"{name} takes {seconds:.1f} s" for name, seconds in alone.items())
    print(f"{folder}: seed {options.seed}, {num_mutants} possible mutants, {times}", flush=True)
    return {name: max(LEAST_SECONDS, TIMES_AS_LONG * seconds) for name, seconds in alone.items()}


def main():
    options = parse()
    build = (ROOT / options.build).resolve()
    excused = equivalents()
    if options.show:
        return 1 if show(build, options.folders, excused) else 0
    if not options.folders or not (build / "compile_commands.json").exists():
        sys.exit(__doc__ + f"\n\nmutants: it needs a FOLDER, and {build} configured with -DORPHEUS_TESTS=ON")
    num_survived = 0
    with tempfile.TemporaryDirectory(prefix="orpheus-mutants-") as scratch:
        for folder in options.folders:
            num_survived += try_folder(folder, options, build, scratch, excused)
    return 1 if num_survived else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the temporary folder is removed
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("mutants: stopped; the same command resumes", file=sys.stderr)
        sys.exit(130)
