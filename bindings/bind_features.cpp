#include "bindings.hpp"
#include "walras/core/error.hpp"
#include "walras/features/moving_average.hpp"

namespace walras::python {
namespace {

using Values = nb::ndarray<const double, nb::ndim<1>, nb::device::cpu>;

// `update` is called once a bar: a plain METH_O function costs half of a dispatched one.
template <class Indicator>
PyObject* update(PyObject* self, PyObject* value) {
    const double x = PyFloat_CheckExact(value) ? PyFloat_AS_DOUBLE(value) : PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred() != nullptr) { return nullptr; }
    return PyFloat_FromDouble(nb::inst_ptr<Indicator>(nb::handle(self))->update(x));
}

template <class Indicator>
PyMethodDef* update_method() {
    static PyMethodDef methods[] = {
        {"update", update<Indicator>, METH_O,
         "update(self, value: float, /) -> float\n\n"
         "Takes the next observation; returns the new value, NaN until the average is ready."},
        {nullptr, nullptr, 0, nullptr}};
    return methods;
}

template <class Indicator>
Column<double> batch(Indicator node, const Values& values) {
    std::vector<double> out(values.shape(0));
    {
        const nb::gil_scoped_release release;
        const double* data = values.data();
        const std::int64_t stride = values.stride(0);
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = node.update(data[static_cast<std::int64_t>(i) * stride]);
        }
    }
    return to_numpy(std::move(out));
}

features::EmaSeed parse_seed(const char* seed) {
    const std::string_view text{seed};
    if (text == "sma") { return features::EmaSeed::sma; }
    if (text == "first") { return features::EmaSeed::first; }
    throw ConfigError("Ema: seed must be \"sma\" (mean of the first period) or \"first\" (the first value).");
}

}  // namespace

void bind_features(nb::module_& m) {
    static PyType_Slot sma_slots[] = {{Py_tp_methods, update_method<features::Sma>()}, {0, nullptr}};
    nb::class_<features::Sma>(m, "Sma", nb::type_slots(sma_slots))
        .def(nb::init<int>(), nb::arg("period"))
        .def("reset", &features::Sma::reset)
        .def_prop_ro("value", &features::Sma::value)
        .def_prop_ro("is_ready", &features::Sma::is_ready)
        .def_prop_ro("period", &features::Sma::period);
    static PyType_Slot ema_slots[] = {{Py_tp_methods, update_method<features::Ema>()}, {0, nullptr}};
    nb::class_<features::Ema>(m, "Ema", nb::type_slots(ema_slots))
        .def(
            "__init__",
            [](features::Ema* self, int period, const char* seed) {
                new (self) features::Ema(period, parse_seed(seed));
            },
            nb::arg("period"), nb::kw_only(), nb::arg("seed") = "sma")
        .def("reset", &features::Ema::reset)
        .def_prop_ro("value", &features::Ema::value)
        .def_prop_ro("is_ready", &features::Ema::is_ready)
        .def_prop_ro("period", &features::Ema::period);
    m.def(
        "sma", [](const Values& values, int period) { return batch(features::Sma(period), values); }, nb::arg("values"),
        nb::arg("period"));
    m.def(
        "ema",
        [](const Values& values, int period, const char* seed) {
            return batch(features::Ema(period, parse_seed(seed)), values);
        },
        nb::arg("values"), nb::arg("period"), nb::kw_only(), nb::arg("seed") = "sma");
}

}  // namespace walras::python
