// Wrong arguments explained: every method of the module's classes is wrapped in a callable that does nothing until
// nanobind refuses a call, and then says in one sentence what was wrong with it (python/walras/_calls.py).
//
// A call that succeeds costs one indirection more. The wrapper is a method descriptor like the one it wraps, so that
// Python makes no bound method for a call.
#include "bindings.hpp"

#include <structmember.h>

#include <string_view>

namespace walras::python {
namespace {

struct ExplainedCall {
    PyObject_HEAD vectorcallfunc vectorcall;
    PyObject* inner;
};

ExplainedCall* as_explained(PyObject* self) { return reinterpret_cast<ExplainedCall*>(self); }

// Replaces nanobind's message by ours; keeps nanobind's where ours cannot be had.
void explain(PyObject* inner, PyObject* const* args, std::size_t count, PyObject* names) {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* trace = nullptr;
    PyErr_Fetch(&type, &value, &trace);
    const std::string_view refusal = "incompatible function arguments";
    const nb::object text = nb::steal(value == nullptr ? nullptr : PyObject_Str(value));
    const char* said = text.is_valid() ? PyUnicode_AsUTF8(text.ptr()) : nullptr;
    if (said != nullptr && std::string_view{said}.find(refusal) != std::string_view::npos) {
        try {
            nb::list positional;
            for (std::size_t i = 0; i < count; ++i) { positional.append(nb::handle(args[i])); }
            nb::dict keywords;
            const Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
            for (Py_ssize_t i = 0; i < named; ++i) {
                keywords[nb::handle(PyTuple_GET_ITEM(names, i))] =
                    nb::handle(args[count + static_cast<std::size_t>(i)]);
            }
            const nb::object better =
                nb::module_::import_("walras._calls").attr("explain")(nb::handle(inner), positional, keywords);
            if (!better.is_none()) {
                PyErr_SetObject(PyExc_TypeError, better.ptr());
                Py_XDECREF(type);
                Py_XDECREF(value);
                Py_XDECREF(trace);
                return;
            }
        } catch (nb::python_error& error) { error.discard_as_unraisable("explaining a call"); }
    }
    PyErr_Restore(type, value, trace);
}

PyObject* call(PyObject* self, PyObject* const* args, std::size_t flags, PyObject* names) {
    PyObject* inner = as_explained(self)->inner;
    PyObject* result = PyObject_Vectorcall(inner, args, flags, names);
    if (result == nullptr && PyErr_ExceptionMatches(PyExc_TypeError) != 0) {
        explain(inner, args, static_cast<std::size_t>(PyVectorcall_NARGS(flags)), names);
    }
    return result;
}

PyObject* bind_to(PyObject* self, PyObject* instance, PyObject* /*owner*/) {
    if (instance == nullptr || instance == Py_None) { return Py_NewRef(self); }
    return PyMethod_New(self, instance);
}

PyObject* attribute(PyObject* self, PyObject* name) {
    const std::string_view asked = PyUnicode_AsUTF8(name);
    if (asked == "__wrapped__") { return Py_NewRef(as_explained(self)->inner); }
    const bool own = asked == "__class__" || asked == "__get__" || asked == "__call__";
    return own ? PyObject_GenericGetAttr(self, name) : PyObject_GetAttr(as_explained(self)->inner, name);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(as_explained(self)->inner);
    return 0;
}

int clear(PyObject* self) {
    Py_CLEAR(as_explained(self)->inner);
    return 0;
}

void deallocate(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyObject* make_type() {
    static PyMemberDef members[] = {
        {"__vectorcalloffset__", T_PYSSIZET, offsetof(ExplainedCall, vectorcall), READONLY, nullptr},
        {nullptr, 0, 0, 0, nullptr}};
    static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
                                  {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                                  {Py_tp_clear, reinterpret_cast<void*>(clear)},
                                  {Py_tp_descr_get, reinterpret_cast<void*>(bind_to)},
                                  {Py_tp_getattro, reinterpret_cast<void*>(attribute)},
                                  {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                                  {Py_tp_members, members},
                                  {0, nullptr}};
    static PyType_Spec spec{
        "walras._core.method", sizeof(ExplainedCall), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR, slots};
    PyObject* type = PyType_FromSpec(&spec);
    if (type == nullptr) { throw nb::python_error(); }
    return type;
}

}  // namespace

void explain_calls(nb::module_& m) {
    const nb::object type = nb::steal(make_type());
    auto* const made = reinterpret_cast<PyTypeObject*>(type.ptr());
    for (const nb::handle item : m.attr("__dict__").attr("values")()) {
        if (!nb::isinstance<nb::type_object>(item)) { continue; }
        // A copy, for the loop changes the class.
        const nb::list entries(item.attr("__dict__").attr("items")());
        for (const nb::handle entry : entries) {
            const nb::str name(entry[0]);
            const nb::object method = entry[1];
            const bool is_special = std::string_view{name.c_str()}.starts_with("__");
            if (is_special || std::string_view{Py_TYPE(method.ptr())->tp_name} != "nanobind.nb_method") { continue; }
            PyObject* wrapped = made->tp_alloc(made, 0);
            if (wrapped == nullptr) { throw nb::python_error(); }
            as_explained(wrapped)->vectorcall = call;
            as_explained(wrapped)->inner = nb::object(method).release().ptr();
            nb::setattr(item, name, nb::steal(wrapped));
        }
    }
}

}  // namespace walras::python
