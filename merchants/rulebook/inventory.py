"""The columns of rule making: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, rule team"
FOR_GOOD = "for good (all versions three years at least, E-Commerce Law 34)"

table(
    "merchants.Rule",
    owner=OWNER,
    purpose="Rules of the marketplace.",
    kept="for good",
    plain="id code family title",
)
table(
    "merchants.RuleVersion",
    owner=OWNER,
    purpose="What a rule says from a day on, and how it came to say it.",
    kept=FOR_GOOD,
    plain="id rule number state text violation_class points condition exceptions effective_from "
    "effective_until made_at drafted_by state_since consulted_text consultation_began_at "
    "consultation_ends_at result_due_at result_text result_published_at notice_at planned_from "
    "trial_from skip_ground skip_order skip_reason skip_asked_by skip_approved_by target_metric "
    "target_change",
)
table(
    "merchants.RuleCitation",
    owner=OWNER,
    purpose="Articles of the law a rule rests on.",
    kept=FOR_GOOD,
    plain="id version article",
)
table(
    "merchants.GateAnswer",
    owner=OWNER,
    purpose="Who answered for which dimension of a rule, and how.",
    kept=FOR_GOOD,
    plain="id version dimension score consumer_score text question data by at",
)
table(
    "merchants.ConsultationInvite",
    owner=OWNER,
    purpose="Merchants asked about a rule.",
    kept=FOR_GOOD,
    plain="id version merchant how at",
)
table(
    "merchants.RuleVote",
    owner=OWNER,
    purpose="What a merchant says of a draft.",
    kept=FOR_GOOD,
    plain="id version merchant choice by at changed_at group",
    comment=personal(
        "text", "to make rules together", mask="text", copy="rule_votes", erasure="blanked"
    ),
)
table(
    "merchants.OpinionGroup",
    owner=OWNER,
    purpose="Objections that say the same, and the official answer.",
    kept=FOR_GOOD,
    plain="id version title made_by made_at answer answered_by answered_at",
)
table(
    "merchants.RuleTextChange",
    owner=OWNER,
    purpose="Paragraphs changed after a consultation, and why.",
    kept=FOR_GOOD,
    plain="id version groups before after by at",
)
table(
    "merchants.RuleSimulation",
    owner=OWNER,
    purpose="What a rule would have hit.",
    kept=FOR_GOOD,
    plain="id version days condition exceptions asked_by asked_at reason state since until "
    "looked_at hits spared money shops seconds trouble",
)
table(
    "merchants.SimulationHit",
    owner=OWNER,
    purpose="What a simulation hit by shop, region and category.",
    kept=FOR_GOOD,
    plain="id simulation by key hits spared money",
)
table(
    "merchants.EffectReview",
    owner=OWNER,
    purpose="Whether a rule moved what it was made for.",
    kept=FOR_GOOD,
    plain="id version days due_at metric target_change before before_size after after_size change "
    "moved measured_at",
)
table(
    "merchants.EndProposal",
    owner=OWNER,
    purpose="Proposals to end a rule, and what was decided.",
    kept=FOR_GOOD,
    plain="id version review made_at ends decided_by decided_at reason",
)
table(
    "merchants.EmergencyMeasure",
    owner=OWNER,
    purpose="What was taken off the shelves at once.",
    kept="for good",
    plain="id title reason subject condition state ordered_by since expires_at confirmed_by "
    "confirmed_until ended_at targets_count",
)
table(
    "merchants.EmergencyTarget",
    owner=OWNER,
    purpose="The products and shops an emergency measure is about.",
    kept="for good",
    plain="id measure kind number acted_at",
)
table(
    "merchants.Precedent",
    owner=OWNER,
    purpose="Cases that were judged, and the rules born from them.",
    kept="for good",
    plain="id title facts verdict judged_on case_no rule by at",
)
table(
    "merchants.Article",
    owner=OWNER,
    purpose="Articles of the law.",
    kept="for good",
    plain="id article_no",
)
table(
    "merchants.ArticleVersion",
    owner=OWNER,
    purpose="The texts of articles, from day to day.",
    kept="for good",
    plain="id article effective_from title body source added_at",
)
for _line, _of in (
    ("RuleLine", "version"),
    ("ArticleLine", "version"),
    ("PrecedentLine", "precedent"),
):
    table(
        f"merchants.{_line}",
        owner=OWNER,
        purpose="What it is found by.",
        kept="as long as what it is of",
        plain=f"{_of} at words sounds hidden",
    )
