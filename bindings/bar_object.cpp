#include "bar_object.hpp"

#include <structmember.h>

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace walras::python {
namespace {

struct BarObject {
    PyObject_HEAD PyObject* instrument;
    PyObject* open;
    PyObject* high;
    PyObject* low;
    PyObject* close;
    PyObject* volume;
    long long ts;
    long long open_ts;
};

PyTypeObject* bar_type = nullptr;

BarObject* as_bar(PyObject* self) { return reinterpret_cast<BarObject*>(self); }

void deallocate(PyObject* self) {
    BarObject* bar = as_bar(self);
    Py_XDECREF(bar->instrument);
    Py_XDECREF(bar->open);
    Py_XDECREF(bar->high);
    Py_XDECREF(bar->low);
    Py_XDECREF(bar->close);
    Py_XDECREF(bar->volume);
    PyTypeObject* type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyObject* represent(PyObject* self) {
    const BarObject* bar = as_bar(self);
    const std::string text =
        fmt::format("Bar({} {}: open {:.9g}, high {:.9g}, low {:.9g}, close {:.9g}, volume {:.9g})",
                    PyUnicode_AsUTF8(bar->instrument), format_time(TimeNs{bar->ts}), PyFloat_AsDouble(bar->open),
                    PyFloat_AsDouble(bar->high), PyFloat_AsDouble(bar->low), PyFloat_AsDouble(bar->close),
                    PyFloat_AsDouble(bar->volume));
    return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

// A float that nobody else holds is overwritten; otherwise a new one takes its place.
void set_float(PyObject*& slot, double value) {
    if (slot != nullptr && Py_REFCNT(slot) == 1) {
        reinterpret_cast<PyFloatObject*>(slot)->ob_fval = value;
        return;
    }
    PyObject* fresh = PyFloat_FromDouble(value);
    if (fresh == nullptr) { throw nb::python_error(); }
    Py_XDECREF(slot);
    slot = fresh;
}

void fill(PyObject* self, PyObject* instrument, const strategy::ClosedBar& from) {
    BarObject* bar = as_bar(self);
    if (bar->instrument != instrument) {
        Py_XDECREF(bar->instrument);
        Py_INCREF(instrument);
        bar->instrument = instrument;
    }
    set_float(bar->open, from.bar.open.to_double());
    set_float(bar->high, from.bar.high.to_double());
    set_float(bar->low, from.bar.low.to_double());
    set_float(bar->close, from.bar.close.to_double());
    set_float(bar->volume, from.bar.volume);
    bar->ts = from.ts.ns;
    bar->open_ts = from.bar.open_time.ns;
}

}  // namespace

void bind_bar(nb::module_& m) {
    static PyMemberDef members[] = {
        {"instrument", T_OBJECT_EX, offsetof(BarObject, instrument), READONLY, "name, \"SYMBOL.VENUE\""},
        {"open", T_OBJECT_EX, offsetof(BarObject, open), READONLY, "first price"},
        {"high", T_OBJECT_EX, offsetof(BarObject, high), READONLY, "highest price"},
        {"low", T_OBJECT_EX, offsetof(BarObject, low), READONLY, "lowest price"},
        {"close", T_OBJECT_EX, offsetof(BarObject, close), READONLY, "last price"},
        {"volume", T_OBJECT_EX, offsetof(BarObject, volume), READONLY, "units traded, NaN where unknown"},
        {"ts", T_LONGLONG, offsetof(BarObject, ts), READONLY, "close, ns UTC: when the bar is known"},
        {"open_ts", T_LONGLONG, offsetof(BarObject, open_ts), READONLY, "open, ns UTC"},
        {nullptr, 0, 0, 0, nullptr}};
    static std::array<PyType_Slot, 5> slots{
        {{Py_tp_members, static_cast<void*>(members)},
         {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
         {Py_tp_repr, reinterpret_cast<void*>(represent)},
         {Py_tp_doc, const_cast<char*>("A completed bar. Read-only; safe to keep.")},
         {0, nullptr}}};
    static PyType_Spec spec{"walras._core.Bar", sizeof(BarObject), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots.data()};
    PyObject* type = PyType_FromSpec(&spec);
    if (type == nullptr) { throw nb::python_error(); }
    bar_type = reinterpret_cast<PyTypeObject*>(type);
    m.attr("Bar") = nb::steal(type);
}

nb::object make_bar(PyObject* instrument, const strategy::ClosedBar& bar) {
    PyObject* self = bar_type->tp_alloc(bar_type, 0);
    if (self == nullptr) { throw nb::python_error(); }
    nb::object owned = nb::steal(self);
    fill(self, instrument, bar);
    return owned;
}

nb::object BarPool::get(PyObject* instrument, const strategy::ClosedBar& bar) {
    if (spare_.is_valid() && Py_REFCNT(spare_.ptr()) == 1) {
        fill(spare_.ptr(), instrument, bar);
    } else {
        spare_ = make_bar(instrument, bar);
    }
    return spare_;
}

}  // namespace walras::python
