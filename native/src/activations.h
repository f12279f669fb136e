/*
 * exp, sigmoid and tanh of a vector. The polynomials and the splitting of ln 2 are those of Cephes (Moshier, 1989).
 * NaN stays NaN. The largest errors, measured over the whole range, stand in docs/numerics.md and are tested.
 */
#ifndef RECURRA_ACTIVATIONS_H
#define RECURRA_ACTIVATIONS_H

#include "vec.h"

/*
 * e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2. Clamped to the normal range; a NaN passes, see vmax. Adding
 * 1.5 · 2²³ rounds to a whole number, and 127 beside it leaves the exponent of 2^n in the lowest bits.
 */
INLINE vf vexp(vf x) {
  const vf shift = splat(12582912.0f + 127.0f);
  x = vmin(splat(88.37626f), vmax(splat(-87.33654f), x));
  vf t = multiply_add(x, splat(1.44269504088896341f), shift);
  vf n = t - shift;
  vf r = multiply_add(n, splat(-0.693359375f), x);
  r = multiply_add(n, splat(2.12194440e-4f), r);
  vf p = splat(1.9875691500e-4f);
  p = multiply_add(p, r, splat(1.3981999507e-3f));
  p = multiply_add(p, r, splat(8.3334519073e-3f));
  p = multiply_add(p, r, splat(4.1665795894e-2f));
  p = multiply_add(p, r, splat(1.6666665459e-1f));
  p = multiply_add(p, r, splat(5.0000001201e-1f));
  vf e = multiply_add(p, r * r, r) + 1.0f;
  return e * (vf)((vi)t << 23);
}

/* σ(x) = 1 / (1 + e^−x) */
INLINE vf vsigmoid(vf x) { return 1.0f / (1.0f + vexp(-x)); }

/* tanh x = x + x³ P(x²) for |x| < 0.625;  sign(x) (1 − 2 / (e^{2|x|} + 1)) beyond. */
INLINE vf vtanh(vf x) {
  vf a = vabs(x);
  vf far = 1.0f - 2.0f / (vexp(a + a) + 1.0f);
  far = (vf)((vi)far | ((vi)x & (int32_t)0x80000000));
  vf s = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = multiply_add(p, s, splat(2.06390887954e-2f));
  p = multiply_add(p, s, splat(-5.37397155531e-2f));
  p = multiply_add(p, s, splat(1.33314422036e-1f));
  p = multiply_add(p, s, splat(-3.33332819422e-1f));
  vf near = multiply_add(p * s, x, x);
  return choose(a < 0.625f, near, far);
}

#endif
