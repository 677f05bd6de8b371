"""Numbers for key columns: they sort as the keys do and give the keys back, missing values and categories too."""

import numpy as np
import pandas as pd
import pytest

from roi_models.hazards.cell_codes import code_keys, decode_keys

KEYS = pd.DataFrame(
    {
        "text": ["b", "a", "b", "", "a", "b"],
        "flag": [True, False, False, True, True, True],
        "number": [7, 300, 7, 0, 7, 7],
    }
)


@pytest.mark.parametrize("missing", [False, True], ids=["all known", "a missing text"])
@pytest.mark.parametrize("kind", ["object", "category"])
def test_numbers_sort_as_the_keys_and_give_them_back(missing, kind):
    keys = KEYS.copy()
    if missing:
        keys.loc[[1, 4], "text"] = None
    keys["text"] = keys["text"].astype(kind)
    code, levels = code_keys(keys)
    plain = keys.astype({"text": object})
    expected = plain.sort_values(list(keys), kind="stable", na_position="last").index
    assert np.argsort(code, kind="stable").tolist() == expected.tolist()
    back = pd.DataFrame(dict(zip(keys, decode_keys(code, levels), strict=True))).astype({"text": object})
    pd.testing.assert_frame_equal(back.fillna("none"), plain.fillna("none"))
    assert (code[0] == code[5]) and len(set(code)) == 5, "equal keys have one number, others differ"


def test_no_rows_have_no_numbers():
    code, levels = code_keys(KEYS.iloc[:0])
    assert len(code) == 0 and [len(column) for column in decode_keys(code, levels)] == [0, 0, 0]
