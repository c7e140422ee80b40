from django.urls import path

from merchants import api
from merchants.bulletins.api_urls import urlpatterns as bulletins
from merchants.complaints.api_urls import urlpatterns as complaints
from merchants.experience import api as experience
from merchants.goodwill.api_urls import urlpatterns as goodwill
from merchants.home import api as home
from merchants.key_accounts.api_urls import urlpatterns as key_accounts
from merchants.penalties.api_urls import urlpatterns as penalties
from merchants.ratings import api as ratings
from merchants.rulebook import api as rules

urlpatterns = [
    path("shops/", api.Shops.as_view(), name="api-shops"),
    path("shops/<str:shop_no>/", api.OneShop.as_view(), name="api-shop"),
    path("shops/<str:shop_no>/home/", home.Home.as_view(), name="api-shop-home"),
    path("shops/<str:shop_no>/dsr/", ratings.Standing.as_view(), name="api-shop-dsr"),
    path("shops/<str:shop_no>/dsr/insight/", ratings.Insights.as_view(), name="api-shop-insight"),
    path("shops/<str:shop_no>/dsr/changes/", ratings.Changes.as_view(), name="api-shop-changes"),
    path(
        "shops/<str:shop_no>/experience/",
        experience.Experiences.as_view(),
        name="api-shop-experience",
    ),
    path(
        "shops/<str:shop_no>/warnings/",
        experience.ShopWarnings.as_view(),
        name="api-shop-warnings",
    ),
    path("shops/<str:shop_no>/ratings/", ratings.OwnedRatings.as_view(), name="api-shop-ratings"),
    path("shops/<str:shop_no>/reviews/", ratings.Reviews.as_view(), name="api-reviews"),
    path(
        "shops/<str:shop_no>/reviews/<rtg:key>/replies/",
        ratings.Replies.as_view(),
        name="api-review-replies",
    ),
    path("rules/", rules.Rules.as_view(), name="api-rules"),
    path("rules/<slug:code>/", rules.OneRule.as_view(), name="api-rule"),
    path(
        "rules/<slug:code>/versions/<int:number>/",
        rules.OneRuleVersion.as_view(),
        name="api-rule-version",
    ),
    path(
        "rules/<slug:code>/versions/<int:number>/diff/",
        rules.RuleDiffs.as_view(),
        name="api-rule-diff",
    ),
    path("me/rule-drafts/", rules.Drafts.as_view(), name="api-rule-drafts"),
    path(
        "me/rule-drafts/<slug:code>/<int:number>/", rules.OneDraft.as_view(), name="api-rule-draft"
    ),
    path(
        "me/rule-drafts/<slug:code>/<int:number>/voice/",
        rules.DraftVoices.as_view(),
        name="api-rule-draft-voice",
    ),
    *key_accounts,
    *bulletins,
    *complaints,
    *goodwill,
    *penalties,
]
