// walras._core: the C++ house as a Python module.
#include "bindings.hpp"

NB_MODULE(_core, m) {
    m.doc() = "The C++ core of Walras. Use it through the package `walras`, which adds types, units and frames.";
    walras::python::bind_core(m);
    walras::python::bind_features(m);
    walras::python::bind_market_features(m);
    walras::python::bind_model(m);
    walras::python::bind_series(m);
    walras::python::bind_data(m);
    walras::python::bind_ticks(m);
    walras::python::bind_strategy(m);
    walras::python::bind_models(m);
    walras::python::bind_backtest(m);
    walras::python::bind_sweep(m);
    walras::python::bind_vector(m);
    walras::python::bind_venues(m);
    walras::python::bind_bars(m);
    walras::python::bind_book(m);
    walras::python::bind_market_book(m);
    walras::python::bind_sim(m);
    walras::python::bind_stats(m);
    walras::python::bind_store(m);
    walras::python::explain_calls(m);
}
