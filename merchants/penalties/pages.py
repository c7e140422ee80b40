"""A shop's pages of its cases, and the public page of penalties."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.people import signed_in
from common.errors import DomainError
from merchants.actions.appeals import file_appeal, send_papers
from merchants.actions.case_files import let_go, upload_case_file
from merchants.actions.violations import choose_exam, state_side
from merchants.frame import for_shops, frame
from merchants.models import Appeal, CaseFile, Violation
from merchants.penalties.forms import WordsForm
from merchants.queries.acts import acts_on
from merchants.queries.cases import case_card, case_page, notice_page, told_case

SHOWN = 30
STATE_TAGS = {"noticed": "warn", "decided": "danger", "executing": "danger", "ended": "ok"}


@require_safe
@for_shops
def cases(request: HttpRequest) -> HttpResponse:
    """Show a shop's people what was done to it at once, and their cases, newest first."""
    try:
        lines, more = case_page(
            signed_in(request), cursor=request.GET.get("cursor", ""), limit=SHOWN
        )
    except DomainError:
        raise Http404 from None
    now = timezone.now()
    for line in lines:
        line["tag"] = STATE_TAGS.get(line["state"], "")
        line["is_open"] = line["due_at"] is not None and line["due_at"] > now
    waiting = sum(line["is_open"] for line in lines)
    sentence = (
        ngettext(
            "%(n)s case waits for a word of yours.",
            "%(n)s cases wait for a word of yours.",
            waiting,
        )
        % {"n": waiting}
        if waiting
        else _("Nothing waits for a word of yours.")
    )
    context = frame("cases") | {
        "lines": lines,
        "more": more,
        "sentence": sentence,
        "acts": acts_on(signed_in(request)),
    }
    return render(request, "merchants/penalties/cases.html", context)


@require_safe
@for_shops
def case(request: HttpRequest, violation_no: str) -> HttpResponse:
    """Show one case: act, evidence, the rule of the time, points, dates, what restores."""
    return _page(request, _told(request, violation_no))


@require_POST
@for_shops
def statement(request: HttpRequest, violation_no: str) -> HttpResponse:
    """State the shop's side."""
    row = _told(request, violation_no)
    return _said(
        request, row, _("Your side is stated. We look at it before anything is decided."),
        lambda **words: state_side(row, **words),
    )  # fmt: skip


@require_POST
@for_shops
def exam(request: HttpRequest, violation_no: str) -> HttpResponse:
    """Take the exam in place of the penalty."""
    row = _told(request, violation_no)
    try:
        choose_exam(row, by=signed_in(request))
    except DomainError as refused:
        return _page(request, row, refused=refused.message, status=422)
    messages.success(request, _("The exam takes the place of the penalty, if you pass it in time."))
    return redirect("shop-violation", violation_no)


@require_POST
@for_shops
def appeal(request: HttpRequest, violation_no: str) -> HttpResponse:
    """Appeal against the penalty, or send the papers that are missing."""
    row = _told(request, violation_no)
    penalty = getattr(row, "penalty", None)
    if penalty is None:
        raise Http404
    filed = Appeal.objects.filter(penalty=penalty).select_related("penalty__violation").first()
    if filed is None:
        return _said(
            request, row, _("Your appeal is with us. Somebody rules it who has not seen the case."),
            lambda **words: file_appeal(penalty, **words),
        )  # fmt: skip
    return _said(
        request, row, _("Your papers are with us. Your days stand still again."),
        lambda **words: send_papers(filed, **words),
    )  # fmt: skip


@require_safe
@for_shops
def notices(request: HttpRequest) -> HttpResponse:
    """Show the penalties that are public now."""
    try:
        lines, more = notice_page(cursor=request.GET.get("cursor", ""), limit=SHOWN)
    except DomainError:
        raise Http404 from None
    context = frame("notices") | {"lines": lines, "more": more}
    return render(request, "merchants/penalties/notices.html", context)


def _told(request: HttpRequest, violation_no: str) -> Violation:
    found = told_case(signed_in(request), violation_no)
    if found is None:
        raise Http404
    return found


def _said(
    request: HttpRequest, row: Violation, thanks: str, say: Callable[..., object]
) -> HttpResponse:
    """Take words and files in one step: nothing of them stays when one is refused."""
    form = WordsForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, row, form=form, status=422)
    stored: list[CaseFile] = []
    by = signed_in(request)
    try:
        for one in form.cleaned_data["attachments"]:
            stored.append(upload_case_file(row, source=one.file, name=one.name or "", by=by))
        say(text=form.cleaned_data["text"], files=[file.public_key for file in stored], by=by)
    except DomainError as refused:
        for file in stored:
            let_go(file, now=timezone.now())
        return _page(request, row, form=form, refused=refused.message, status=422)
    messages.success(request, thanks)
    return redirect("shop-violation", row.violation_no)


def _page(
    request: HttpRequest,
    row: Violation,
    *,
    form: WordsForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    card = case_card(told_case(signed_in(request), row.violation_no) or row, now)
    context = frame("") | {
        "card": card,
        "tag": STATE_TAGS.get(card["state"], ""),
        "form": form or WordsForm(),
        "refused": refused,
        "now": now,
    }
    return render(request, "merchants/penalties/case.html", context, status=status)
