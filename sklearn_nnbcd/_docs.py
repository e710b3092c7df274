# SPDX-License-Identifier: BSD-3-Clause
"""Documentation that both estimators share, and what joins shared entries with a docstring's own."""

import inspect
import textwrap

PARAMETERS = """
hidden_layer_sizes : int, sequence of int or 'auto'
    Widths d_1, ..., d_{N-1} of the hidden layers; an int is one layer, ``()`` is a linear model. 'auto' is
    (100,), or what ``max_bytes`` chooses.
activation : str, instance or list
    The sigma_i of the hidden layers: a name of ``sklearn_nnbcd.activations.ACTIVATIONS``
    ('relu', 'leaky_relu', 'identity', ...), an instance, or a list with one entry per hidden layer.
compression : str, instance, list, 'auto' or None
    Format of the compressed weights W_i^MC: a name of
    ``sklearn_nnbcd.compressions.COMPRESSIONS`` ('tt': tensor train, 'low_rank': a product of two
    thin matrices, 'l0': a given share of zeros, ...), an instance, or a list with one entry per
    layer, the output included, where None keeps a layer dense. None: a dense network. 'auto': the
    same, or what ``max_bytes`` chooses.
rank : int, tuple of int, float or None
    Rank of a compression that is named and has one. An int bounds every rank and is lowered where
    a layer cannot have it; a float in (0, 1] is the share of a layer's dense parameters that may
    be kept; a tuple gives the TT-ranks one by one. None: the compression's own default, 0.25. A layer
    that would not get smaller stays dense. By default a layer of which the share leaves rank 1 only has
    rank 2, or stays dense where that takes half of its weights.
sparsity : float or None
    Share of the entries that 'l0' removes from each weight, in (0, 1). None: 0.9.
bits : {8, 4, 3, 2, 'ternary', 'binary'}, list or None
    Bits of the stored numbers of every layer, the output included, in whatever format its weight has: the
    entries of a plain matrix with ``compression=None``, factors, cores, sparse values. Small integers times
    scales, which are found in the metric of the data and are variables of the fit; see
    :class:`~sklearn_nnbcd.compressions.Quantized`. A list has one entry per layer, the output included.
    Not for formats with a penalty. None: numbers in the precision of the fit.
activation_bits : {8, 16} or None
    Bits of the values between the layers. With them the fitted network is one of integers, whose ranges come
    from the training rows in the end (those at hand in partial_fit), and ``predict``, ``predict_proba``,
    ``decision_function`` and ``score`` are exactly what the C of
    :func:`~sklearn_nnbcd.export.export_c` computes on a device. Weights of few ``bits`` keep their integers,
    others are rounded to as many bits. ``network_`` and what is derived from it stay floating numbers. Not
    for Dask. None: floating numbers.
compression_ratio : float or None
    Budget of the whole network, in (0, 1]: weight entries after / before, over all layers, those of
    dense layers (the output, as a rule) included. Takes the place of ``rank`` or ``sparsity``. What
    each layer gets is decided by what its weight loses in the metric of the data; a layer that the
    format would hardly shrink may stay dense. 'minibatch' decides when the compression begins to
    pull, 'full' after 8 sweeps; L may jump there, once. The result never takes more.
max_bytes : int, str or None
    Bytes that all stored arrays may take, such as 4096 or "4 kB" (4000): weights, indices, scales,
    intercepts, and what bends, cuts or scales the columns of X, as ``n_bytes_`` counts them. What is not
    given among ``hidden_layer_sizes``, ``compression`` and ``bits`` is chosen: of each kind of network
    (linear, one and two hidden layers, sparse wide ones, thin factors; where ``column_bins`` helps, plain
    ones and thin factors behind ramps, too) the largest that fits is fitted to a part of the rows and
    compared on the rest, 10,000 rows at most in all; the best one is fitted to all rows. Takes the place of
    ``rank``, ``sparsity`` and ``compression_ratio``. Not for streams and Dask.
compress_output : bool
    Whether a single ``compression`` includes the last layer, which the paper leaves dense.
weight_regularizer : str, instance, list or None
    r_i of the weights: a name of ``sklearn_nnbcd.regularizers.REGULARIZERS`` ('l2', 'l1', 'l0', 'lp',
    'elastic_net', 'nonnegative', 'box'), an instance, or a list with one entry per layer, the output
    included. It acts on W_i^MC, which then predicts in place of W_i and which ``tau`` ties to it. Beside a
    ``compression`` 'l2' is applied by the solver 'full' in the Frobenius norm; what cannot be is refused.
activity_regularizer : str, instance, list or None
    s_i of the hidden V_i, likewise, or a list with one entry per hidden layer, and one more for the output
    V_N (of smooth losses) if it is to have one. It shapes the fit, not the prediction: V_i meets it exactly,
    the forward pass as far as gamma and rho tie it to V_i. Needs solver='full', which 'auto' then stands for.
rho : float
    Penalty of U_i = V_{i-1} W_i + b_i, > 0.
gamma : float
    Penalty of V_i = sigma_i(U_i), > 0.
tau : float or 'auto'
    Penalty of W_i = W_i^MC, > 0; only compressed layers have one. 'auto' is 10, and with the solver 'full'
    a 30th of the sum of the sample weights. Small: W_i learns freely and
    W_i^MC lags behind it. Large: W_i hardly moves off the format that it is in.
proximal : float
    Proximal weight of the blocks V_N, U_i and W_i^MC, >= 0, the paper's alpha (no L2 penalty: that is
    ``ridge``). It damps their steps; with ``proximal > 0`` every step lowers the objective by at least
    proximal/2 times its squared length.
ridge : float or 'auto'
    Penalty ridge/2 ||W_i||^2 of every weight, >= 0. It ties U and V to what the weights can do;
    without it they learn the labels by themselves and the network learns little. A number is that of (7),
    beside sums over rows. 'auto': a 300th of the sum of the sample weights for the solver 'full'; for
    'minibatch' as strong as the evidence of the data says.
initializer : str or instance
    First weights: a name of ``sklearn_nnbcd.initializers.INITIALIZERS`` or an instance. 'auto' is
    'small_normal' for the solver 'full' and 'kaiming_normal' for 'minibatch'.
    'small_normal' is 0.15 times the scale of He et al.; the paper uses 'gaussian' with a standard
    deviation of 0.01. From small weights a network learns its features and compresses well; weights
    of the usual size hardly move, and what is random in them cannot be compressed.
fit_intercept : bool
    Whether there are intercepts b_i.
bend_columns : bool
    Whether columns with entries farther than 6 standard deviations from their mean go through an inverse
    hyperbolic sine about the mean, which is nearly straight for most entries and logarithmic for those far
    away (:class:`~sklearn_nnbcd.network.Bend`). It is part of the network, at three bytes a column or so;
    with ``max_bytes`` networks without are compared, too, where these are many. Left as they are, True or
    not: columns in which a line says more of y than in the bent ones, judged on rows left out, as where
    incomes are summed; columns of two values, images, a table with more columns than rows (or than 1,024;
    2,048 for 'full'), and all columns with ``fit_intercept=False``, an MLP's weights as start, penalties in
    the units of X, or where ``partial_fit`` comes first. Of columns that are left without saying more a few
    extreme entries are drawn in for the training.
column_bins : int or 'auto'
    Bins into which each column of a table is cut, at most; 0: none. Behind the columns the network gets a
    ramp for each bin, which rises from 0 to 1 over it (:class:`~sklearn_nnbcd.network.Ramps`): a curve of its
    own for every column, with thresholds and peaks where the data have them. 'auto': 32, one for each 250
    rows, or as many as make 256 ramps in all, and one between any two values of a column that has 128
    different ones or fewer, each of 125 rows on average (up to 512 ramps in all), if two short fits say that
    ramps help; 0 below 1,000 rows, for rows in a memory-mapped file, and for solvers other than 'minibatch'.
    ``max_bytes`` compares networks with ramps and without, and 'auto' leaves how many there are to it. The
    ends of bins take a byte each, or two, where ``bits`` is given. Left as they are: columns that
    ``bend_columns`` leaves in any case, and sparse rows.
solver : {'auto', 'full', 'minibatch', 'exact'} or instance
    A name of ``sklearn_nnbcd.solvers.SOLVERS`` or an instance, whose parameters a grid search reaches
    as ``solver__batch_size``. 'full' (:class:`~sklearn_nnbcd.solvers.FullBatch`) is Algorithm 1: all
    rows in every sweep, closed forms only, the objective never rises. 'minibatch'
    (:class:`~sklearn_nnbcd.solvers.MiniBatch`) takes the same blocks, linearised at a forward pass, one
    batch of rows at a time, with memory for one batch; it uses derivatives of the activations. 'exact'
    (:class:`~sklearn_nnbcd.solvers.ExactMiniBatch`) takes the closed forms on batches. 'auto' is 'full'
    up to 100 rows or with an ``activity_regularizer``, and 'minibatch' beyond. A parameter that the
    solver would ignore is refused when it is not at its default.
max_iter : int or 'auto'
    Largest number of sweeps, or of passes over the rows with 'minibatch'. 'auto': 200 sweeps; as many
    passes as make 600 batches, 16 at least, half as many more for several classes, three times as many for
    losses that are no likelihoods, such as squared error, and either twice if there are fewer weights than
    rows and no ramps; down to half of that where a plain network has more than 12 weights a row. Where
    ``column_bins='auto'`` compares short fits, from 0.7 times as many where these say that the table is noisy
    (beyond 10,000 rows the more the more rows, up to 1 times) to 1.15 times where it is not, unless ``loss``
    is in units of its own.
tol : float
    The fit stops when the objective falls by less than ``tol`` times itself in each of
    ``n_iter_no_change`` sweeps in a row. With ``early_stopping``, when the validation score has
    not risen by more than ``tol`` for that long. 0 never stops on the objective.
n_iter_no_change : int
    See ``tol``.
early_stopping : bool
    Whether to watch the score on held-out rows, stop by it, and keep the best weights.
validation_fraction : float
    Share of the rows held out with ``early_stopping``, unless fit is given ``X_val, y_val``.
warm_start : bool
    Whether fit starts from the weights of the last fit. The auxiliary variables start from a
    forward pass in either case.
random_state : int, RandomState instance or None
    Draws the first weights and the held-out rows. An int makes two fits identical bit by bit.
verbose : int
    1 prints a line for every sweep, and with ``max_bytes`` one for every network that is compared.
layers : list of layer or None
    Hidden layers of ``sklearn_nnbcd.layers``, e.g. ``[Conv2D(32, 3, stride=2), Dense(100)]``, in
    place of ``hidden_layer_sizes``; the output layer is added.
input_shape : tuple of int or None
    Shape (height, width, channels) of the image in each row of X for ``layers``. None: the rows of
    X are vectors, or X itself has that shape behind its rows.
device : {'auto', 'cpu', 'cuda'}
    'auto' fits where X is: NumPy arrays here, and arrays of another library on their own device
    under ``sklearn.config_context(array_api_dispatch=True)``; fitted arrays and predictions stay
    there. 'cuda' takes X from NumPy to the GPU once (extra ``sklearn-nnbcd[cuda12]`` or
    ``[cuda13]``) and hands NumPy arrays back. 'cpu' brings any X to NumPy first.
memory_limit : int, str or None
    Bytes, or a string such as '2GB', that ``solver='full'`` may take for what it makes of the rows:
    U, V and the arrays of a step. Where U and V do not fit they are kept in temporary files, one
    block of rows in memory at a time; the result is the same. X may be a memory map. None: no limit.
"""

ATTRIBUTES = """
compressed_coefs_ : list of CompressedWeight
    Weights W_i^MC as they are stored: cores, factors, sparse rows, or a plain matrix.
intercepts_ : list of ndarray or None
    Intercepts of the compressed network, shapes (d_i,).
coefs_ : list of ndarray
    Dense view of the weights, shapes (d_{i-1}, d_i), made on each access.
network_ : Network
    The fitted network, a :class:`sklearn_nnbcd.network.Network`: layers, compressed weights, intercepts.
targets_ : targets
    How y became the network's targets, a value of ``sklearn_nnbcd.targets``.
solver_ : solver
    The solver that made the fit, with what "auto" stood for.
diagnosis_ : Diagnosis or None
    How far each equation of the network is from holding, for
    :func:`~sklearn_nnbcd.inspection.fit_report`; None after numbers that are not finite, and after
    an interrupt of the solver 'full'.
chosen_params_ : dict
    What ``max_bytes`` stood for, as parameters of the estimator, ``column_bins`` among them, and ``ridge``
    where a linear network has a plain one; only with ``max_bytes``.
compared_ : list of dict
    How each kind of network did on held-out rows: 'params', 'n_bytes', 'score' and 'loss', the chosen one
    first; empty if there was one kind only. With ``max_iter="auto"`` after a quarter of the passes; scores
    of those that were close are means with a fit of full length on other rows. Only with ``max_bytes``.
n_bytes_ : int
    Bytes of all stored weights, indices and intercepts.
n_parameters_ : int
    Stored weight entries and intercepts.
compression_ratio_ : float
    Stored weight entries / entries of the dense weights, over all layers, as the paper counts.
sparsity_ : float
    Share of the dense weight entries that are zero.
effective_sparsity_ : float
    Share of the weight entries on no path of non-zero weights from input to output.
n_iter_ : int
    Sweeps made.
objective_curve_ : list of float
    Objective L of (7) after every sweep, which never rises (but see ``compression_ratio`` and
    ``FullBatch(projection='data')``); with 'minibatch' the sum of the losses that the rows had when
    their batch came.
objective_terms_ : structured ndarray of shape (n_sweeps,)
    Its terms after every sweep, a column for each that is not always zero: "loss", "split", "activation",
    "coupling", "ridge", "penalty", "regularizer".
integers_ : IntegerForm or None
    The network in integers, which predicts with ``activation_bits``.
loss_ : float
    Mean loss of the compressed network on the training rows, by a forward pass; of a classifier whose
    outputs are calibrated the log loss of its probabilities. If it is far above
    ``objective_terms_['loss'][-1]`` / n, the auxiliary variables have run ahead of the weights.
validation_scores_ : list of float
    Score on the held-out rows after every sweep; only with ``early_stopping=True``.
best_validation_score_ : float
    The largest of them; its weights are kept.
n_features_in_ : int
    Number of columns of X.
feature_names_in_ : ndarray of shape (n_features,)
    Names of the columns, where X had names that are all strings.
n_layers_ : int
    Number of layers, input and output included.
n_outputs_ : int
    Number of outputs d_N.
out_activation_ : str
    Activation of the last layer, 'identity'.
"""


def documented_by(parameters, attributes):
    """Class decorator that completes a docstring by shared entries.

    Entries that the class itself writes come first for its attributes and in the order of the
    signature for its parameters; every parameter gets its default from the signature.

    Parameters
    ----------
    parameters, attributes : str
        Sections in numpydoc's form.
    """

    def complete(cls):
        if not cls.__doc__:  # python -OO
            return cls
        head, own, rest = _cut(inspect.cleandoc(cls.__doc__), "Parameters")
        between, own_attributes, tail = _cut(rest, "Attributes")
        entries = _entries(own_attributes)
        entries |= {name: entry for name, entry in _entries(attributes).items() if name not in entries}
        described = [_entry(name, *entry) for name, entry in entries.items()]
        lines = _of_signature(cls.__init__, parameters, own)
        cls.__doc__ = "\n".join([*head, *lines, "", *between, *described, "", *tail])
        return cls

    return complete


documented = documented_by(PARAMETERS, ATTRIBUTES)


def with_parameters(shared):
    """Decorator of a function that completes the parameters of its docstring likewise.

    Parameters
    ----------
    shared : str
        A section in numpydoc's form.
    """

    def complete(function):
        if function.__doc__:
            head, own, rest = _cut(inspect.cleandoc(function.__doc__), "Parameters")
            lines = _of_signature(function, shared, own)
            function.__doc__ = "\n".join([*head, *lines, "", *rest])
        return function

    return complete


def _of_signature(function, shared, own):
    """The entries of a function's parameters, in its order and with its defaults; 'X, y' is where X is."""
    entries, lines = _entries(shared) | _entries(own), []
    first = {name.split(", ")[0]: name for name in entries}
    for name, parameter in inspect.signature(function).parameters.items():
        name = f"**{name}" if parameter.kind is parameter.VAR_KEYWORD else first.get(name, name)
        if name in entries:
            kind, text = entries[name]
            has_default = parameter.default is not parameter.empty
            lines.append(
                _entry(name, f"{kind}, default={parameter.default!r}" if has_default else kind, text)
            )
    return lines


def _entry(name, kind, text):
    """One entry of a numpydoc section."""
    return f"{name} : {kind}\n{text}" if kind else f"{name}\n{text}"


def _cut(text, title):
    """Lines up to and with a section's heading, the section, and the lines after it."""
    lines = text if isinstance(text, list) else text.splitlines()
    first = lines.index(title) + 2
    rules = [k for k in range(first, len(lines)) if set(lines[k]) == {"-"}]
    last = rules[0] - 1 if rules else len(lines)
    return lines[:first], "\n".join(lines[first:last]), lines[last:]


def _entries(text):
    """Name -> (type, indented description) of a numpydoc section, in order."""
    found, name = {}, None
    for line in textwrap.dedent(text).strip().splitlines():
        if line and not line.startswith(" "):
            name, _, kind = line.partition(" : ")
            found[name] = [kind, []]
        else:
            found[name][1].append(line)
    return {name: (kind, "\n".join(lines).rstrip()) for name, (kind, lines) in found.items()}
