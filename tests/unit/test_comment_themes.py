"""Themes of comments in English and Chinese: found again, named by shared terms only, and what goes with them.

The last test repeats samples and runs with `make validate`.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, t

from roi_models.drivers.comment_terms import MIN_TERM_ACCOUNTS, count_terms, is_chinese, terms_of
from roi_models.drivers.comment_themes import NO_THEME, Themes, find_themes
from roi_models.drivers.theme_effects import TYPES, theme_effects
from roi_models.drivers.themes_study import study_themes

WORDS = {
    "invoices": ("invoices", "billing", "wrong", "amounts"),
    "dashboards": ("dashboards", "charts", "beautiful", "reporting"),
    "响应": ("响应太慢", "工单积压", "回复迟到"),
}


def written(per_theme=120, accounts=90, *, seed=4):
    """Comments of three themes, each of two or three of the theme's terms and now and then a word of everybody's."""
    generator = np.random.default_rng(seed)
    rows = []
    for name, words in WORDS.items():
        for _ in range(per_theme):
            chosen = generator.permutation(words)[: generator.integers(2, 4)]
            common = ["honestly"] if generator.random() < 0.2 and name != "响应" else []
            rows.append((name, ("，" if name == "响应" else ", ").join([*chosen, *common])))
    frame = pd.DataFrame(rows, columns=["planted", "comment"])
    frame["account_id"] = [f"a{number:03d}" for number in generator.integers(0, accounts, len(frame))]
    frame["response_id"] = [f"r{number:04d}" for number in range(len(frame))]
    bad = frame["planted"] == "invoices"
    frame["score"] = np.where(bad, 5.0, 8.0) + generator.integers(-1, 2, len(frame))
    frame["has_left"] = (generator.random(len(frame)) < np.where(bad, 0.5, 0.1)).astype(object)
    return frame


@pytest.fixture(scope="module")
def comments():
    return written()


def found_of(comments):
    return find_themes(comments["comment"], comments["account_id"])


def test_planted_themes_are_found_in_both_languages(comments):
    themes = found_of(comments)
    table = pd.crosstab(comments["planted"], themes.theme)
    assert themes.theme.min() > NO_THEME
    # Each found theme is of one planted theme.
    assert ((table > 0).sum() == 1).all()
    for theme, label in enumerate(themes.labels):
        planted = table[theme].idxmax()
        assert set(label.replace(" · ", " ").split()) <= {*" ".join(WORDS[planted]).split(), "honestly"}


def test_neither_order_nor_names_of_accounts_matter(comments):
    themes = found_of(comments)
    shuffled = comments.sample(frac=1, random_state=3).assign(account_id=lambda rows: "z" + rows["account_id"])
    again = found_of(shuffled)
    assert again.labels == themes.labels
    assert (pd.Series(again.theme, shuffled.index).sort_index() == themes.theme).all()
    first, second = (theme_effects(rows, found) for rows, found in ((comments, themes), (shuffled, again)))
    pd.testing.assert_frame_equal(first, second)


def test_terms_of_english_and_chinese():
    assert sorted(terms_of("The support never answers, I don't know why!")) == [
        "answers", "know", "never answers", "not know", "support", "support never",
    ]  # fmt: skip
    assert terms_of("我们的响应很慢") == ["响应"]
    assert terms_of("价格偏高") == ["价格", "格偏", "偏高", "价格偏", "格偏高", "价格偏高"]
    assert terms_of("- 12 !") == []


def test_addresses_links_and_numbers_are_no_terms_in_either_language():
    written_to = "Mail jo.doe@corp.example or https://x.example/jo, phone 555-0199 about ticket ABC123"
    words = set(" ".join(terms_of(written_to)).split())
    assert {"mail", "phone", "ticket"} <= words
    assert not {"jo", "doe", "corp", "example", "abc"} & words
    assert "响应" in terms_of("等了9天，响应慢，请回复jo@corp.example谢谢")
    assert "corp" not in " ".join(terms_of("请回复jo@corp.example谢谢"))


def test_a_term_is_shown_only_where_enough_accounts_used_it():
    texts = ["secretproject slow"] * 40 + ["slow reports"] * 40
    few = [f"a{number % (MIN_TERM_ACCOUNTS - 1)}" for number in range(40)]
    many = [f"b{number % MIN_TERM_ACCOUNTS}" for number in range(40)]
    assert count_terms(texts, few + many)[1] == ["slow", "slow reports"]
    one_more = [f"a{number % MIN_TERM_ACCOUNTS}" for number in range(40)]
    assert count_terms(texts, one_more + many)[1] == ["secretproject slow", "slow", "slow reports"]


def test_scripts_tell_languages():
    chinese, others = ("服务很好", "good 服务"), ("very good", "サービスは良い品質", "좋은 서비스")
    assert all(map(is_chinese, chinese)) and not any(map(is_chinese, others))


def test_differences_are_those_planted(comments):
    table = theme_effects(comments, found_of(comments))
    assert table.dtypes.astype(str).to_dict() == {k: {"str": "object"}.get(v, v) for k, v in TYPES.items()}
    bad = table[table["mean_score"] < 6]
    assert bad["count_comments"].sum() == 120
    # Others of the planted theme may stand in a second found theme, so the difference is 3 at most.
    assert (bad["score_low"] <= -1.5).all() and (bad["score_high"] < 0).all()
    assert bad["risk_low"].max() > 0 and (bad["risk_high"] > 0.25).all()
    assert table[table["mean_score"] > 6]["risk_high"].max() < 0.2
    chinese = table[table["chinese_share"] == 1]
    assert chinese["count_comments"].sum() == 120


def test_difference_of_means_to_the_digit():
    """Forty of the theme and sixty others, an account each: means differ by 2, with the jackknife's error."""
    score = np.concatenate([np.tile([4.0, 6.0], 20), np.tile([6.0, 8.0], 30)])
    frame = pd.DataFrame(
        {
            "response_id": [f"r{row:03d}" for row in range(100)],
            "account_id": [f"a{row:03d}" for row in range(100)],
            "comment": "slow",
            "score": score,
            "has_left": pd.array([True] * 10 + [False] * 30 + [True] * 6 + [False] * 54, dtype=object),
        }
    )
    row = theme_effects(frame, Themes(theme=np.repeat([0, NO_THEME], [40, 60]), labels=("slow",))).iloc[0]
    assert row["score_difference"] == pytest.approx(-2)
    # Left out, an answer one point from its mean moves that mean by 1/39 or 1/59.
    error = np.sqrt(99 / 100 * (40 / 39**2 + 60 / 59**2))
    assert row["score_high"] - row["score_difference"] == pytest.approx(t.ppf(0.975, 99) * error, rel=1e-6)
    assert (row["left_share"], row["others_left_share"]) == (0.25, 0.1)
    assert row["risk_difference"] == pytest.approx(0.15)


def test_a_risk_that_is_the_scores_is_none_at_an_equal_score():
    generator = np.random.default_rng(8)
    size = 1_200
    score = generator.integers(4, 10, size).astype(float)
    theme = np.where(generator.random(size) < np.where(score < 6, 0.7, 0.2), 0, NO_THEME)
    frame = pd.DataFrame(
        {
            "response_id": [f"r{row:04d}" for row in range(size)],
            "account_id": [f"a{row // 2:04d}" for row in range(size)],
            "comment": "slow",
            "score": score,
            "has_left": (generator.random(size) < np.where(score < 6, 0.4, 0.1)).astype(object),
        }
    )
    row = theme_effects(frame, Themes(theme=theme, labels=("slow",))).iloc[0]
    assert row["risk_low"] > 0
    assert row["equal_score_risk_low"] < 0 < row["equal_score_risk_high"]


def test_only_followed_comments_count_and_too_few_departures_say_nothing(comments):
    themes = found_of(comments)
    unknown = comments.assign(has_left=None)
    table = theme_effects(unknown, themes)
    assert table[["risk_difference", "left_share", "equal_score_risk_low"]].isna().all(axis=None)
    assert (table["count_followed"] == 0).all()
    one = comments.assign(has_left=False)
    one.loc[0, "has_left"] = True
    for rows in (comments.assign(has_left=False), one):
        assert theme_effects(rows, themes)["risk_difference"].isna().all()
    assert "Too few accounts left" in study_themes(unknown, metric_label="NPS").sentences[1]


def test_small_themes_and_few_accounts_are_not_shown(comments):
    themes = Themes(theme=np.where(np.arange(len(comments)) < 29, 0, NO_THEME), labels=("small",))
    assert theme_effects(comments, themes).empty
    narrow = comments.assign(account_id=[f"a{row % 12}" for row in range(len(comments))])
    assert theme_effects(narrow, found_of(narrow)).empty
    assert study_themes(narrow, metric_label="NPS").sentences[0].startswith("No theme is shown")


def test_constant_scores_have_no_difference(comments):
    table = theme_effects(comments.assign(score=9.0), found_of(comments))
    assert table["score_difference"].isna().all()
    assert "None goes with a lower NPS" in study_themes(comments.assign(score=9.0), metric_label="NPS").sentences[0]


REFUSALS = {
    "nothing": (lambda rows: rows.head(0), "no comments are supplied"),
    "blank": (lambda rows: rows.assign(comment=[None, "  "] * (len(rows) // 2)), "no comments are supplied"),
    "few": (lambda rows: rows.head(99), "There are 99 comments, and 100 are needed."),
    "no words": (lambda rows: rows.assign(comment="!! 12"), "No term is used by 5 accounts."),
    "nothing shared": (
        lambda rows: rows.assign(comment=["".join(chr(97 + int(d)) for d in f"{n:05d}") for n in range(len(rows))]),
        "No term is used by 5 accounts.",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_defended_is_refused_in_a_sentence(comments, name):
    change, reason = REFUSALS[name]
    study, made = study_themes(change(comments), metric_label="NPS"), study_themes(comments, metric_label="NPS")
    assert len(study.sentences) == 1
    assert reason in study.sentences[0]
    assert study.tables[0].frame.empty
    assert study.tables[0].frame.dtypes.to_dict() == made.tables[0].frame.dtypes.to_dict()


def test_sentences_name_the_lowest_theme_and_the_riskiest(comments):
    scores, risk = study_themes(comments, metric_label="NPS").sentences
    assert scores.startswith("360 of 360 comments fall into themes")
    lowest = scores.split("'")[1]
    assert set(lowest.split(" · ")) & {"invoices", "billing", "wrong", "amounts"}
    assert "is followed by more departures within a year" in risk


@pytest.mark.validate
def test_themes_that_mean_nothing_are_seldom_found_to_warn():
    """100 samples in which words tell nothing: a theme is named in 5% of them at most (99.9% band)."""
    generator, samples, named = np.random.default_rng(20_105), 100, 0
    comments = written(per_theme=100, accounts=120)
    themes = found_of(comments)
    account = comments["account_id"].str[1:].astype(int).to_numpy()
    for _ in range(samples):
        mood = generator.normal(size=120)[account]
        rows = comments.assign(
            score=np.clip(np.rint(7 + mood + generator.normal(size=len(comments))), 0, 10),
            has_left=(generator.random(120) < 0.2)[account].astype(object),
        )
        table = theme_effects(rows, themes)
        named += bool((table["score_high"] < 0).any() or (table["risk_low"] > 0).any())
    # Two one-sided looks at 2.5% each over all themes.
    assert named <= binom.ppf(0.999, samples, 0.05)
