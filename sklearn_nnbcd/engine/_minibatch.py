# SPDX-License-Identifier: BSD-3-Clause
"""Mini-batches: the blocks of Algorithm 1 one batch at a time, memory O(batch x width).

On a batch, U and V are set by a forward pass; one backward sweep of V and U blocks makes a target
for every U_i, and its distance E_i from U_i is the message that W_i answers by damped normal
equations with running Gram sums. Two backward sweeps are offered:

- "exact": the closed forms (8)-(11) as they are, no derivative is taken;
- "prox_linear": the V and U blocks linearised at the forward pass, the paper's option (19) carried
  to every layer: E_N = -loss'(V_N), E_{i-1} = (E_i W_i') sigma'(U_{i-1}). It uses derivatives and
  is kin to Kronecker-factored natural gradients.
"""

import math
from dataclasses import replace

from ..backends import get_backend
from ._blocks import input_operator, update_U, update_V, update_V_output
from ._curvature import Curvature, mean_diagonal, pulled_back
from ._factors import Factored, inner_rank
from ._forward import forward
from ._objective import weighted_loss
from ._schedule import pull_weight, refresh_interval
from ._state import Block


class MiniBatch:
    """The solver between batches: weights, curvatures, the last changes.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    settings : BatchSettings
    n_steps : int or None
        Batches of the whole fit, over which the step falls to zero; None: the step stays.
    n_rows : float
        Sum of all sample weights, which ``ridge`` and the penalties are relative to.
    """

    def __init__(self, problem, weights, settings, n_steps=None, n_rows=1.0):
        self.whole, self.settings = problem, settings
        self.n_steps, self.n_rows = n_steps, n_rows
        self.restart(weights)

    def restart(self, weights):
        """Forget everything but the weights."""
        self.problem, self.factored, self.done = self.whole, None, 0
        self.concluded, self._result = 0, weights
        self._begin(weights)

    def _begin(self, weights):
        """Start on the present problem from some weights, with nothing known of it."""
        self.trust = self.settings.factored_trust if self.factored else self.settings.trust
        self.weights = self.average = weights
        self.begun = self.averaged = self.done
        self.curvatures = [None] + [Curvature() for _ in range(self.problem.N)]
        self.velocity = [None] * (self.problem.N + 1)
        self.operators = [None] * (self.problem.N + 1)
        # layers whose W^MC was made; W moved since; W was drawn to W^MC, so that a budget's plans stay
        self.projected, self.moved, self.pulled = set(), False, False

    def step(self, X, Y, s=None, pull=0.0):
        """Answer one batch.

        Parameters
        ----------
        X, Y, s : arrays
            Rows, targets, sample weights (None: ones).
        pull : float
            W becomes (W + change + pull W^MC) / (1 + pull) where layer i is compressed.

        Returns
        -------
        loss : number
            Weighted loss of the batch before the change.
        """
        problem, xp = self.problem, self.problem.xp
        with problem.row_products():
            V, U = forward(problem, X, self.weights.W, self.weights.b)
        block = Block(Y, V, U, s)
        root = self._row_roots(X, s)
        inputs = [None] + [self._inputs(i, V[i - 1], root) for i in range(1, problem.N + 1)]
        slopes = [None] + [
            problem.activations[i].derivative(U[i], xp=xp) for i in range(1, problem.N)
        ]
        if self._due(inputs):
            self._refresh(inputs, slopes, root)
        changes, gain = [None] * (problem.N + 1), 0.0
        with problem.row_products():
            for i, E in self._messages(block, slopes):
                changes[i], predicted = self._answer(i, inputs[i], self._weighted(i, E, root))
                gain += predicted
        self._move(changes, gain, pull)
        self.pulled = self.pulled or pull > 0.0
        self.done += 1
        if self.done % self.interval == 0:
            self.average, self.averaged = self._mean(), self.done
        return weighted_loss(problem, block)

    def advance(self, X, Y, s, share):
        """:meth:`step` with the pull after a share of the fit, then the projections that are due."""
        tau, settings = self.problem.penalties.tau, self.settings
        if not self.done and settings.free == 0.0 and self._can_factor():
            self._factor()
        loss = self.step(X, Y, s, pull_weight(settings, share, tau) if self.projected else 0.0)
        if self.problem.compressed and share >= settings.free:
            if self._can_factor():
                self._factor()
            else:
                self.project(due=True)
        return loss

    def _can_factor(self):
        """Whether some layers can, but do not yet, train as two; exact messages would fade on the way."""
        if self.factored or not self.settings.factored or self.settings.block_step == "exact":
            return False
        return any(inner_rank(self.problem, i) is not None for i in range(1, self.problem.N + 1))

    def _factor(self):
        """From here on W is W^MC in the layers that can train as two.

        Before the first batch nothing is known of the data, but that signals must neither grow nor
        fade: W^MC then gets the norm of W.
        """
        self.project()
        self.factored = Factored(self.problem)
        if not self.done:
            self.weights = self.factored.scaled(self.weights)
        self.problem = self.factored.problem
        self._begin(self.factored.parted(self.weights))
        self.projected = {i for i, M in enumerate(self.weights.M) if M is not None}

    def project(self, due=False):
        """W^MC by the metric step; the intercept takes what the compression changes at the mean.

        Of all layers, or of those only that are ``due`` after this batch: the dearer a step of a
        format, the fewer.

        The step minimises r(M) + n_rows/2 ||W - M||^2 in the metric of means over rows: the penalty
        plus, to second order, what the compression adds to the sum of the losses. Until W is first
        pulled, a budget makes new plans each time, by the spectra in these metrics.
        """
        xp, updates = self.problem.xp, self.weights
        if self.problem.budget is not None and not self.pulled:
            metrics = [self._metric(i)[0] for i in range(1, self.problem.N + 1)]
            self.problem = self.problem.with_plans(updates.W, (None, *metrics))
            self.projected, due = set(), False
        for i, plan in enumerate(self.problem.plans[1:], 1):
            if plan is None:
                updates = updates.updated(M=(i, None), M_dense=(i, None))
                continue
            if due and self.done % plan.step_every:
                continue
            metric, mean = self._metric(i)
            W, M, steps = updates.W[i], updates.M[i], 1
            if i not in self.projected:
                M, steps = plan.begin(W, metric=metric, xp=xp), 3
                self.projected.add(i)
            for _ in range(steps):
                M = plan.step(W, M, float(self.n_rows), metric=metric, xp=xp)
            updates = updates.updated(M=(i, M), M_dense=(i, M.to_dense(xp=xp)), shift=(i, mean))
        self.weights, self.moved = updates, due and self.moved
        if not due:
            self.concluded = -1

    def end_pass(self, share):
        """What the end of a pass, after a share of the fit, owes W^MC; while W is free, nothing."""
        if share >= 1.0 and self.settings.free >= 1.0:
            self.settle()
        elif share >= self.settings.free:
            self.project()

    def settle(self):
        """Compress the mean weights, which then are the weights: the end of a fit that was free so long."""
        self.weights = self.average = self._mean()
        self.averaged = self.done
        self.project()

    @property
    def result(self):
        """What the fit has come to: the mean weights, and W^MC fitted to them from the running one."""
        if self.concluded != self.done:
            result = self._refitted(self._mean())
            self._result = self.factored.joined(result) if self.factored else result
            self.concluded = self.done
        return self._result

    def _refitted(self, mean):
        """The mean weights with W^MC two metric steps nearer to them; the running W^MC stays as it is."""
        xp = self.problem.xp
        for i in self.projected if mean is not self.weights else ():
            metric, shift = self._metric(i)
            M = mean.M[i]
            for _ in range(2):
                M = self.problem.plans[i].step(mean.W[i], M, float(self.n_rows), metric=metric, xp=xp)
            mean = mean.updated(M=(i, M), M_dense=(i, M.to_dense(xp=xp)), shift=(i, shift))
        return mean

    # parts of a step --------------------------------------------------------------------------

    def _metric(self, i):
        """(Metric, mean input) of layer i."""
        return self.curvatures[i].metric(self.problem.fit_intercept, xp=self.problem.xp)

    def _row_roots(self, X, s):
        """Roots of the row weights over their sum: products of weighted rows are means."""
        if s is None:
            return X.shape[0] ** -0.5
        return self.problem.xp.sqrt(s / self.problem.xp.sum(s))[:, None]

    def _weighted(self, i, E, root):
        """An array of the shape of U_i as weighted rows of the design."""
        layer, xp = self.problem.layers[i], self.problem.xp
        return layer.rows(E, xp=xp) * self._spread(layer, root)

    def _spread(self, layer, root):
        """The roots of the row weights for the rows of the design."""
        if isinstance(root, float):
            return root
        return layer.spread(root[:, 0], xp=self.problem.xp)[:, None]

    def _inputs(self, i, V, root):
        """Weighted rows that multiply W_i, with a constant for the intercept."""
        xp = self.problem.xp
        layer = self.problem.layers[i]
        A = layer.design(V, xp=xp)
        if self.problem.fit_intercept:
            A = xp.concat([A, xp.ones((A.shape[0], 1), dtype=A.dtype)], axis=1)
        return A * self._spread(layer, root)

    def _due(self, inputs):
        """Whether the curvatures take in this batch: 0, 1, 2, 4, 8 ... and then at equal distances."""
        done = self.done - self.begun
        if done == 0:
            shapes, rows = [W.shape for W in self.weights.W[1:]], [A.shape[0] for A in inputs[1:]]
            self.interval = refresh_interval(self.settings, shapes, rows)
        if done < self.interval:
            return done & (done - 1) == 0
        return done % self.interval == 0

    def _refresh(self, inputs, slopes, root):
        """Curvatures from the output back, with one more batch in the running sums."""
        problem, xp, N = self.problem, self.problem.xp, self.problem.N
        S = [None] * (N + 1)
        for i in range(N, 0, -1):
            above, rows = pulled_back(problem, i, self.weights.W, S), None
            if i < N:
                rows = self._weighted(i, slopes[i], root) * problem.layers[i].positions**-0.5
            self.curvatures[i].refresh(inputs[i], rows, above, self.settings, xp=xp)
            S[i] = self.curvatures[i].sensitivity
            if self.settings.block_step == "exact" and i > 1:
                self.operators[i] = input_operator(i - 1, problem, self.weights)

    def _messages(self, block, slopes):
        """Pairs (i, E_i) from the output back: how U_i should change."""
        if self.settings.block_step == "exact":
            yield from self._exact_messages(block)
            return
        problem, xp, carried = self.problem, self.problem.xp, {}
        E = -problem.loss.gradient(block.Y, block.V[problem.N], xp=xp)
        for i in range(problem.N, 0, -1):
            yield i, E
            if problem.skip_into(i) is not None:
                carried[problem.skip_into(i)] = E
            if i > 1:
                E = problem.layers[i].pull_back(E, self.weights.W[i], xp=xp)
                if i - 1 in carried:  # a residual block hands V_{i-1} its message as it is
                    E = E + carried.pop(i - 1)
                E = E * slopes[i - 1]

    def _exact_messages(self, block):
        """The closed forms (8), (10), (9), (11) at a forward pass: P_i = U_i, sigma(U_i) = V_i."""
        problem, xp, N = self.problem, self.problem.xp, self.problem.N
        before = block
        block = update_U(update_V_output(block, problem), N, problem, block.U[N])
        E = block.U[N] - before.U[N]
        yield N, E
        for i in range(N - 1, 0, -1):
            operator = self.operators[i + 1]
            if problem.skip_from(i) is None:
                V = problem.layers[i + 1].solve_input(operator, block.V[i], E, xp=xp)
                block = block.with_V(i, V)
            else:
                block = update_V(block, i, problem, self.weights, operator, block.V[i])
            block = update_U(block, i, problem, block.U[i])
            E = block.U[i] - before.U[i]
            yield i, E

    def _answer(self, i, A, E):
        """Change (G + .)^{-1} A'E (S + .)^{-1} of W_i and b_i, and its product with A'E.

        An exact message is the change of U_i itself, not a slope: S is not needed to answer it.
        """
        c, xp = self.curvatures[i], self.problem.xp
        exact, number = self.settings.block_step == "exact", get_backend(xp).number
        n, d, m = *A.shape, E.shape[1]
        if n * (d * d + m * m + n * (d + m)) < d * m * (d + m):  # through the rows: fewer products
            left, right = A @ c.gram_inverse, E if exact else E @ c.sensitivity_inverse
            return left.T @ right, number(xp.sum((left @ A.T) * (right @ E.T)), xp=xp)
        slope = A.T @ E
        change = c.gram_inverse @ slope
        if not exact:
            change = change @ c.sensitivity_inverse
        return change, number(xp.sum(change * slope), xp=xp)

    def _move(self, changes, gain, pull):
        """Shrink to the trust region, add momentum, move, and pull towards W^MC."""
        settings, N = self.settings, self.problem.N
        together = 1 if settings.block_step == "exact" else N
        step = settings.step
        if self.n_steps:
            step *= max(0.0, 1.0 - self.done / self.n_steps)
        weights, shrink = self.weights, self._shrink(step * step * gain)
        for i in range(1, N + 1):
            velocity = shrink * changes[i]
            if self.velocity[i] is not None:
                velocity += settings.momentum * self.velocity[i]
            self.velocity[i] = velocity
            move, W, b = (step / together) * velocity, weights.W[i], weights.b[i]
            if b is not None:
                b = b + move[-1, :]
                move = move[:-1, :]
            W = W * (1.0 - self._decay(i, step)) + move
            if pull and weights.M[i] is not None:
                W = (W + pull * weights.M_dense[i]) * (1.0 / (1.0 + pull))
            weights = weights.updated(W=(i, W), b=(i, b))
        self.weights, self.moved = weights, True

    def _shrink(self, size):
        """Factor that brings a predicted change of the loss into the trust region, at most 1."""
        xp = self.problem.xp
        if not get_backend(xp).synchronous:
            ones = xp.ones_like(size)
            return xp.sqrt(self.trust / xp.where(size > self.trust, size, self.trust * ones))
        return math.sqrt(self.trust / size) if size > self.trust else 1.0

    def _mean(self):
        """The mean weights with the present ones in them, for all batches since the last call.

        From the present problem's first batch on. Polynomial decay (Shamir and Zhang 2013): the first
        k batches keep the share (k / done)^(power + 1).
        """
        power, now = self.settings.averaging, self.weights
        if math.isinf(power) or self.done == self.begun:
            return now
        kept = (self.averaged / self.done) ** (power + 1.0)

        def mixed(mean, new):
            return None if new is None else kept * mean + (1.0 - kept) * new

        pairs = [(self.average.W, now.W), (self.average.b, now.b)]
        W, b = (tuple(map(mixed, mean, new)) for mean, new in pairs)
        return replace(now, W=W, b=b)

    def _decay(self, i, step):
        """Share of W_i that one batch takes away: the scale-free one, and the ridge's.

        The ridge is preconditioned by the mean diagonals of both sides and by itself: as the weights
        get smaller so does S, and without its own share the ridge would take all of them at once.
        """
        decay = 0.0
        if self.n_steps:
            decay = 2.0 * self.settings.shrink / self.n_steps * (1.0 - self.done / self.n_steps)
        if self.problem.penalties.ridge:
            c, xp = self.curvatures[i], self.problem.xp
            scale = 1.0 + self.settings.damping
            g, s = (scale * mean_diagonal(A, xp=xp) for A in (c.gram, c.sensitivity))
            ridge = self.problem.penalties.ridge / self.n_rows
            decay += step / self.problem.N * ridge / (g * s + ridge)
        return decay
