// What the bind_*.cpp files share. Each file binds one module under the same name.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace walras::python {

namespace nb = nanobind;

void bind_bars(nb::module_& m);
void bind_book(nb::module_& m);
void bind_core(nb::module_& m);
void bind_features(nb::module_& m);
void bind_market_features(nb::module_& m);
void bind_model(nb::module_& m);
void bind_market_book(nb::module_& m);
void bind_series(nb::module_& m);
void bind_data(nb::module_& m);
void bind_strategy(nb::module_& m);
void bind_ticks(nb::module_& m);
void bind_models(nb::module_& m);
void bind_backtest(nb::module_& m);
void bind_sim(nb::module_& m);
void bind_sim_kinds(nb::module_& m);
void bind_sweep(nb::module_& m);
void bind_vector(nb::module_& m);
void bind_venues(nb::module_& m);
void bind_stats(nb::module_& m);
void bind_store(nb::module_& m);

// The last step: the methods of all classes explain wrong arguments in a sentence.
void explain_calls(nb::module_& m);

// A vector handed to NumPy without a copy: the array owns it.
template <class T>
using Column = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

template <class T>
Column<T> to_numpy(std::vector<T>&& values) {
    auto* owned = new std::vector<T>(std::move(values));
    nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return Column<T>(owned->data(), {owned->size()}, owner);
}

// A vector that belongs to something shared: the array keeps the owner alive.
template <class Vector, class Owner>
auto share_with_numpy(Vector& values, std::shared_ptr<Owner> owner) {
    auto* kept = new std::shared_ptr<Owner>(std::move(owner));
    nb::capsule capsule(kept, [](void* p) noexcept { delete static_cast<std::shared_ptr<Owner>*>(p); });
    return Column<typename Vector::value_type>(values.data(), {values.size()}, capsule);
}

}  // namespace walras::python
