"""What must be chosen together, what may be chosen at all, and why nothing may.

Limits, exclusions and groups only ever forbid more when more is chosen. What every set contains is therefore known (the
must-haves and all they require), and a set exists exactly when this one is allowed: no search is needed to say why not.
"""

from collections.abc import Collection, Iterable

from .model import Problem


def closure(problem: Problem, names: Iterable[str]) -> frozenset[str]:
    """Candidates with all they require, and what these require, and so on; cycles are bundles."""
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(problem.by_id[name].requires)
    return frozenset(found)


def violations(problem: Problem, chosen: Collection[str]) -> list[str]:
    """What a set breaks, one sentence each; none for a set that is allowed."""
    words = [f"“{name}” is required but forbidden." for name in problem.ordered(problem.forbidden & set(chosen))]
    for name in problem.ordered(chosen):
        lacking = [other for other in problem.by_id[name].requires if other not in chosen]
        words += [f"“{name}” requires “{other}”." for other in lacking]
    place = {candidate.id: index for index, candidate in enumerate(problem.candidates)}
    for name in problem.ordered(chosen):
        beside = [other for other in problem.conflicts[name] if other in chosen and place[other] > place[name]]
        words += [f"“{name}” and “{other}” exclude each other." for other in sorted(beside, key=place.__getitem__)]
    for limit in problem.limits:
        if not limit.kept_by(chosen):
            words.append(f"{limit.name}: {limit.used(chosen):,.6g} are needed, {limit.most:,.6g} are there.")
    return words


def allowed(problem: Problem, chosen: Collection[str]) -> bool:
    """Whether a set keeps every limit, dependency and exclusion."""
    return (
        not problem.forbidden & set(chosen)
        and all(other in chosen for name in chosen for other in problem.by_id[name].requires)
        and not any(problem.conflicts[name] & set(chosen) for name in chosen)
        and all(limit.kept_by(chosen) for limit in problem.limits)
    )


def certain(problem: Problem) -> frozenset[str]:
    """What every allowed set contains: the must-haves and all that they require."""
    return closure(problem, problem.must)


def conflicts(problem: Problem) -> list[str]:
    """Why no set is allowed, one sentence each; none where one is."""
    words = violations(problem, certain(problem))
    return [f"The must-haves and what they require do not fit together: {each}" for each in words]


def possible(problem: Problem) -> list[str]:
    """Candidates that some allowed set contains beside those that all contain, in the order of the file."""
    base = certain(problem)
    found = []
    for candidate in problem.candidates:
        if candidate.id not in base and allowed(problem, closure(problem, (*base, candidate.id))):
            found.append(candidate.id)
    return found


def without_idle(problem: Problem, chosen: Collection[str]) -> frozenset[str]:
    """A set without what lowers no loss in it, dearest first; what others need goes only together with them."""
    losing = {scenario.id for scenario in problem.scenarios if scenario.annual_loss > 0}
    left, base = set(chosen), certain(problem)
    ending = {name: [scenario for scenario, kept in problem.by_id[name].kept.items() if kept == 0] for name in left}
    for name in sorted(problem.ordered(left - base), key=lambda name: -problem.by_id[name].cost):
        if name in left and not (going := _dependents(problem, left, name)) & base:
            ended = {scenario for other in left - going for scenario in ending[other]}
            if not any(problem.by_id[other].kept.keys() & losing - ended for other in going):
                left -= going
    return frozenset(left)


def _dependents(problem: Problem, chosen: Collection[str], name: str) -> set[str]:
    """A candidate with those of a set that require it, and those that require these."""
    found, waiting = {name}, [name]
    while waiting:
        needed = waiting.pop()
        more = {other for other in chosen if needed in problem.by_id[other].requires} - found
        found |= more
        waiting.extend(more)
    return found
