# SPDX-License-Identifier: BSD-3-Clause
"""What a notebook shows: estimators with links to their pages, reports as tables."""

from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.utils import estimator_html_repr

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _sklearn_compat
from sklearn_nnbcd._sklearn_compat import documentation_address
from sklearn_nnbcd.compressions import LowRank
from sklearn_nnbcd.inspection import compression_report, fit_report
from sklearn_nnbcd.inspection._table import table_html
from sklearn_nnbcd.model_selection import NNBCDRegressorCV

PAGE = "/generated/sklearn_nnbcd.{}.html"
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0, "solver": "full"}
X = np.random.default_rng(0).normal(size=(40, 6))
y = X[:, 0] - np.abs(X[:, 1])


def test_html_links_to_the_pages_of_the_documentation(monkeypatch):
    """One page for each public class, by the name under which it is imported."""
    assert NNBCDRegressor()._get_doc_link() in ("", documentation_address() + PAGE.format("NNBCDRegressor"))
    monkeypatch.setattr(_sklearn_compat, "documentation_address", lambda: "https://nnbcd.example")
    fitted = NNBCDRegressor(**SMALL).fit(X, y)
    assert f'href="https://nnbcd.example{PAGE.format("NNBCDRegressor")}"' in estimator_html_repr(fitted)
    assert LowRank(3)._get_doc_link().endswith("/generated/sklearn_nnbcd.compressions.LowRank.html")
    assert NNBCDRegressorCV()._get_doc_link().endswith("sklearn_nnbcd.model_selection.NNBCDRegressorCV.html")
    own = type("Own", (LowRank,), {"__module__": "elsewhere"})
    assert own(3)._get_doc_link() == ""  # the page of another package's class is not ours


def test_the_address_of_the_documentation_is_that_of_the_metadata(monkeypatch):
    urls = ["Source, https://code.example", "Documentation, https://nnbcd.example/stable/"]
    monkeypatch.setattr(_sklearn_compat, "metadata", lambda name: SimpleNamespace(get_all=lambda key: urls))
    assert documentation_address.__wrapped__() == "https://nnbcd.example/stable"
    monkeypatch.setattr(_sklearn_compat, "metadata", lambda name: SimpleNamespace(get_all=lambda key: None))
    assert documentation_address.__wrapped__() == ""


def test_html_names_fitted_attributes_where_scikit_learn_does():
    fitted = NNBCDRegressor(**SMALL).fit(X, y)
    if not hasattr(fitted, "_get_fitted_attr_html"):
        pytest.skip("scikit-learn before 1.9")
    assert {"n_bytes_", "coefs_", "objective_terms_"} <= set(fitted._get_fitted_attr_html())
    assert "n_bytes_" in estimator_html_repr(fitted)


def test_reports_are_accessible_tables_in_html():
    """Every cell has its heading, nothing has a colour, and the text is escaped."""
    model = NNBCDClassifier(**SMALL, compression="low_rank", rank=2).fit(X, y > 0)
    for report in (compression_report(model, X), fit_report(model, X, y > 0)):
        page = ElementTree.fromstring(report._repr_html_())
        tables = list(page.iter("table"))
        assert tables and all(table.find("caption").text for table in tables)
        assert len([div for div in page.iter("div") if div.get("role") == "region"]) == len(tables)
        for table in tables:
            head = table.findall("thead/tr/th")
            assert {cell.get("scope") for cell in head} == {"col"}
            for row in table.findall("tbody/tr"):
                assert row[0].tag == "th" and row[0].get("scope") == "row" and len(row) == len(head)
        assert "color" not in report._repr_html_() and "background" not in report._repr_html_()
    cells = [cell.text for cell in page.iter("li")]
    assert cells == report.advice
    text = table_html([{"a": "<x>"}], {"a": "&"}, '"')
    assert "&lt;x&gt;" in text and "&amp;" in text and 'aria-label="&quot;"' in text
