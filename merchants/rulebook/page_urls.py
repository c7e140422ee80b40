"""Addresses of the pages of rules, for everybody and for merchants."""

from django.urls import path

from merchants.rulebook import pages as rules

urlpatterns = [
    path("rules/", rules.rules, name="rules"),
    path("rules/<slug:code>/", rules.rule, name="rule"),
    path("rules/<slug:code>/<int:number>/", rules.version, name="rule-version"),
    path("rules/<slug:code>/<int:number>/text/", rules.download, name="rule-text"),
    path("shop/rules/", rules.shop_rules, name="shop-rules"),
    path("shop/rules/drafts/<slug:code>/<int:number>/", rules.draft, name="shop-rule-draft"),
    path(
        "shop/rules/drafts/<slug:code>/<int:number>/voice/",
        rules.voice,
        name="shop-rule-voice",
    ),
]
