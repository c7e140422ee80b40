"""REST in one voice: one base view, orjson in and out, strict fields, refusals as RFC 9457 has them."""

from common.rest.endpoint import Endpoint
from common.rest.preconditions import seen_version
from common.rest.problems import answer_problem, answer_refusal, problem, problem_document
from common.rest.sent import BadQuery, KeyField, Nothing, PageQuery, RowLimit, Sent, accepted
from common.rest.session import SessionSignIn
from common.rest.shapes import PROBLEM, Problem, answers
from common.rest.wire import OrjsonParser, OrjsonRenderer

__all__ = [
    "PROBLEM",
    "BadQuery",
    "Endpoint",
    "KeyField",
    "Nothing",
    "OrjsonParser",
    "OrjsonRenderer",
    "PageQuery",
    "Problem",
    "RowLimit",
    "Sent",
    "SessionSignIn",
    "accepted",
    "answer_problem",
    "answer_refusal",
    "answers",
    "problem",
    "problem_document",
    "seen_version",
]
