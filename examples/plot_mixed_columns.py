# SPDX-License-Identifier: BSD-3-Clause
"""
Columns of mixed types: compression inside a pipeline
=====================================================

Numbers with gaps beside categories:
:class:`~sklearn.compose.ColumnTransformer` makes one table of them, and the network at its end is told
how many bytes it may take. Nothing of that is special to these estimators, which is the point. At the end the
network goes into a C file, without the steps before it.
"""

# %%
# A table
# -------
#
# Machines that fail. What heat does depends on the material, and old valves hiss, so no linear model has
# it all.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.export import IntegerNetwork, export_c

random = np.random.RandomState(0)
n = 3000
table = pd.DataFrame(
    {
        "heat": random.normal(60, 15, n),
        "age": random.gamma(2, 4, n),
        "material": random.choice(["steel", "brass", "nylon"], n, p=[0.5, 0.3, 0.2]),
        "sound": random.choice(["hum", "hiss", "knock"], n),
    }
)
optimum = table["material"].map({"steel": 70, "brass": 55, "nylon": 45})
risk = ((table["heat"] - optimum) / 12) ** 2 + 1.5 * (table["age"] > 8) * (table["sound"] == "hiss") * 2
fails = (risk + random.normal(0, 0.4, n) > 1.5).astype(int)
table.loc[random.rand(n) < 0.1, "heat"] = np.nan
train, test, y_train, y_test = train_test_split(table, fails, random_state=0)
print(train.head())

# %%
# The pipeline, and a budget of bytes
# -----------------------------------


def pipeline(classifier):
    """The same preparation in front of any classifier."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    columns = ColumnTransformer(
        [
            ("numbers", numbers, ["heat", "age"]),
            ("words", OneHotEncoder(sparse_output=False), ["material", "sound"]),
        ]
    )
    return make_pipeline(columns, classifier)


linear = pipeline(LogisticRegression()).fit(train, y_train)
models = {}
for budget in (100, 500, 2000):
    models[budget] = pipeline(NNBCDClassifier(max_bytes=budget, random_state=0)).fit(train, y_train)
    network = models[budget][-1]
    print(f"{network.n_bytes_:5d} bytes  {models[budget].score(test, y_test):.4f}  {network.chosen_params_}")

# %%
# What the network sees
# ---------------------
#
# Left: accuracy against bytes. Right: the chance of failure against heat, for each material, as the
# network of 500 bytes says it.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
sizes = [model[-1].n_bytes_ for model in models.values()]
left.plot(sizes, [model.score(test, y_test) for model in models.values()], marker="o", label="max_bytes")
coef = linear[-1].coef_
left.plot(
    4 * (coef.size + 1), linear.score(test, y_test), "s", color="tab:green", label="logistic regression"
)
left.set(xscale="log", xlabel="bytes of the classifier", ylabel="accuracy on test rows")
left.set_xticks([50, 100, 500, 2000], ["50", "100", "500", "2,000"])
left.minorticks_off()
left.grid(alpha=0.3)
left.legend(frameon=False)
heat = np.linspace(25, 95, 71)
for material in ("steel", "brass", "nylon"):
    rows = pd.DataFrame({"heat": heat, "age": 4.0, "material": material, "sound": "hum"})
    right.plot(heat, models[500].predict_proba(rows)[:, 1], label=material)
right.set(xlabel="heat", ylabel="chance of failure")
right.grid(alpha=0.3)
right.legend(frameon=False)

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_mixed_columns.png", dpi=150)
plt.show()

# %%
# As a C file
# -----------
#
# A file of C holds the network alone. Its row is what the steps before the network make, column by column:
# gaps filled, numbers scaled, a 1 for the category. A device that measures numbers needs little of that.

front, network = models[500][:-1], models[500][-1]
rows = front.transform(train)
source = export_c(network, name="machine", dtype="int8", X_calibration=rows)
device = IntegerNetwork.from_estimator(network, rows)
right = device.predict(device.quantise(front.transform(test))) == y_test
print(f"{models[500].score(test, y_test):.4f} in Python, {right.mean():.4f} by the integers of the C file")
for place, column in enumerate(front.get_feature_names_out()):
    print(f"x[{place}]  {column}")
