/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AWTUN_SHIM_ATOMIC_H
#define AWTUN_SHIM_ATOMIC_H

typedef struct {
  long long counter;
} atomic64_t;

static inline long long atomic64_read(const atomic64_t* v) {
  return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}
static inline void atomic64_set(atomic64_t* v, long long i) {
  __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

#endif
