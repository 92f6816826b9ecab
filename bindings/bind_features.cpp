// One class for every indicator of the catalogue; python/walras/indicators makes the named classes and functions from
// it.
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "bindings.hpp"
#include "walras/core/column.hpp"
#include "walras/core/error.hpp"
#include "walras/features/catalog.hpp"

namespace walras::python {
namespace {

using Given = std::map<std::string, core::Value>;

// An indicator with what Python asks of it: the last value, a namedtuple type for several outputs, names of its inputs.
class StreamingIndicator {
public:
    explicit StreamingIndicator(const std::string& name, const Given& given)
        : spec_(&features::describe_indicator(name)),
          inputs_(&spec_->inputs),
          node_(features::make_indicator(name, given)),
          last_(node_->outputs(), features::not_ready) {}

    void read(const StreamingIndicator& source, std::size_t output) {
        node_ = features::chain(source.node_->clone(), output, std::move(node_));
        inputs_ = source.inputs_;
    }

    const double* update(const double* in) {
        node_->update(in, last_.data());
        return last_.data();
    }
    void reset() {
        node_->reset();
        last_.assign(last_.size(), features::not_ready);
    }
    [[nodiscard]] bool is_ready() const {
        return std::ranges::none_of(last_, [](double x) { return std::isnan(x); });
    }
    [[nodiscard]] const features::Spec& spec() const { return *spec_; }
    [[nodiscard]] const std::vector<std::string>& inputs() const { return *inputs_; }
    [[nodiscard]] const std::vector<double>& last() const { return last_; }

    [[nodiscard]] nb::bytes save() {
        features::StateWriter writer;
        writer(last_);
        const std::vector<std::byte> node = node_->save();
        writer.bytes.insert(writer.bytes.end(), node.begin(), node.end());
        return nb::bytes(writer.bytes.data(), writer.bytes.size());
    }
    void load(const nb::bytes& state) {
        const std::span<const std::byte> bytes{reinterpret_cast<const std::byte*>(state.c_str()), state.size()};
        const std::size_t head = sizeof(std::uint64_t) + last_.size() * sizeof(double);
        if (bytes.size() < head) { throw DataError("This snapshot is truncated; take a new one."); }
        std::vector<double> last(last_.size());
        features::StateReader reader{bytes.first(head)};
        reader(last);
        node_->load(bytes.subspan(head));
        last_ = std::move(last);
    }

private:
    const features::Spec* spec_;
    const std::vector<std::string>* inputs_;
    std::unique_ptr<features::Indicator> node_;
    std::vector<double> last_;
};

// The namedtuple types of indicators with several outputs, by name; made by python/walras/indicators.
PyObject* result_type(const features::Spec& spec) {
    static std::map<std::string, PyObject*, std::less<>> types;
    const auto found = types.find(spec.name);
    if (found != types.end()) { return found->second; }
    const nb::object factory = nb::module_::import_("walras.indicators").attr("_result_type");
    return types[spec.name] = factory(spec.name).release().ptr();
}

PyObject* as_result(const features::Spec& spec, const std::vector<double>& values) {
    if (values.size() == 1) { return PyFloat_FromDouble(values[0]); }
    auto* type = reinterpret_cast<PyTypeObject*>(result_type(spec));
    PyObject* result = type->tp_alloc(type, static_cast<Py_ssize_t>(values.size()));
    if (result == nullptr) { return nullptr; }
    for (std::size_t k = 0; k < values.size(); ++k) {
        PyTuple_SET_ITEM(result, static_cast<Py_ssize_t>(k), PyFloat_FromDouble(values[k]));
    }
    return result;
}

bool to_double(PyObject* object, double& out) {
    out = PyFloat_CheckExact(object) != 0 ? PyFloat_AS_DOUBLE(object) : PyFloat_AsDouble(object);
    return out != -1.0 || PyErr_Occurred() == nullptr;
}

// `update(x)`, `update(high, low, close)`, or `update(bar)`: what is not a number gives its attributes.
PyObject* update(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto& indicator = *nb::inst_ptr<StreamingIndicator>(nb::handle(self));
    const std::vector<std::string>& names = indicator.inputs();
    constexpr std::size_t most = 8;
    double in[most];
    try {
        if (static_cast<std::size_t>(count) == names.size() && (count != 1 || PyNumber_Check(args[0]) != 0)) {
            for (Py_ssize_t k = 0; k < count; ++k) {
                if (!to_double(args[k], in[k])) { return nullptr; }
            }
        } else if (count == 1) {
            for (std::size_t k = 0; k < names.size(); ++k) {
                const char* name = names[k] == "values" ? "close" : names[k].c_str();
                const nb::object value = nb::steal(PyObject_GetAttrString(args[0], name));
                if (!value.is_valid() || !to_double(value.ptr(), in[k])) {
                    if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) { return nullptr; }
                    PyErr_Clear();
                    PyErr_Format(PyExc_TypeError, "%s.update takes %zu numbers or one bar; got a %s without .%s",
                                 indicator.spec().class_name.c_str(), names.size(), Py_TYPE(args[0])->tp_name, name);
                    return nullptr;
                }
            }
        } else {
            std::string expected;
            for (const std::string& name : names) { expected += (expected.empty() ? "" : ", ") + name; }
            PyErr_Format(PyExc_TypeError, "%s.update takes (%s) or one bar; got %zd arguments",
                         indicator.spec().class_name.c_str(), expected.c_str(), count);
            return nullptr;
        }
        indicator.update(in);
        return as_result(indicator.spec(), indicator.last());
    } catch (nb::python_error& error) { error.restore(); } catch (const std::exception& error) {
        PyErr_SetString(nb::module_::import_("walras.errors").attr("DataError").ptr(), error.what());
    }
    return nullptr;
}

// nanobind's dispatch costs twice of what an update does.
PyMethodDef* update_method() {
    static PyMethodDef methods[] = {
        {"update", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(update)), METH_FASTCALL,
         "update(self, *observation: object) -> object\n\n"
         "Takes the next observation, as numbers or as one bar; returns the new value, NaN until it is ready."},
        {nullptr, nullptr, 0, nullptr}};
    return methods;
}

using Values = nb::ndarray<const double, nb::ndim<2>, nb::device::cpu>;
using Result = nb::ndarray<nb::numpy, double, nb::ndim<2>>;

// Shape (time, asset), not initialised, in C order, or one column after the other if the inputs lie so. Long ones live
// in memory that columns before them gave back, which the system need not clear again.
Result allocate(std::size_t rows, std::size_t columns, bool by_column) {
    // Half a page from where arrays begin: a load from the same place in another page as a store before it has to wait.
    constexpr std::size_t apart = 2048 + 64;
    const std::size_t bytes = rows * columns * sizeof(double) + apart;
    struct Block {
        void* data;
        std::size_t bytes;
    };
    auto block = std::make_unique<Block>(Block{core::allocate_column(bytes), bytes});
    auto* data = reinterpret_cast<double*>(static_cast<std::byte*>(block->data) + apart);
    const nb::capsule owner(block.release(), [](void* held) noexcept {
        const std::unique_ptr<Block> mine(static_cast<Block*>(held));
        core::free_column(mine->data, mine->bytes);
    });
    const auto row_stride = static_cast<std::int64_t>(by_column ? 1 : columns);
    const auto column_stride = static_cast<std::int64_t>(by_column ? rows : 1);
    return Result(data, {rows, columns}, owner, {row_stride, column_stride});
}

nb::list run_indicator(const std::string& name, const Given& given, const std::vector<Values>& inputs, int threads) {
    const features::Spec& spec = features::describe_indicator(name);
    const std::unique_ptr<features::Indicator> prototype = features::make_indicator(name, given);
    if (inputs.size() != prototype->inputs()) {
        throw ConfigError(fmt::format("{} takes {} arrays; got {}.", name, prototype->inputs(), inputs.size()));
    }
    const std::size_t rows = inputs[0].shape(0);
    const std::size_t columns = inputs[0].shape(1);
    std::vector<features::ConstMatrix> in;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        const Values& array = inputs[k];
        if (array.shape(0) != rows || array.shape(1) != columns) {
            throw DataError(fmt::format("{}: {} has shape ({}, {}), {} has ({}, {}); give all the same shape.", name,
                                        spec.inputs[0], rows, columns, spec.inputs[k], array.shape(0), array.shape(1)));
        }
        in.push_back({array.data(), array.stride(0), array.stride(1)});
    }
    const bool by_column = columns == 1 || inputs[0].stride(0) == 1;
    std::vector<Result> results;
    std::vector<features::Matrix> out;
    for (std::size_t k = 0; k < prototype->outputs(); ++k) {
        results.push_back(allocate(rows, columns, by_column));
        out.push_back({results.back().data(), results.back().stride(0), results.back().stride(1)});
    }
    {
        const nb::gil_scoped_release release;
        features::run_columns(*prototype, in, out, rows, columns, threads);
    }
    nb::list list;
    for (Result& result : results) { list.append(nb::cast(std::move(result))); }
    return list;
}

nb::dict describe(const features::Spec& spec) {
    nb::list parameters;
    for (const core::Parameter& parameter : spec.parameters) {
        nb::dict row;
        row["name"] = parameter.name;
        row["default"] = parameter.default_value;
        row["minimum"] = parameter.minimum;
        row["maximum"] = parameter.maximum;
        row["unit"] = parameter.unit;
        row["help"] = parameter.help;
        row["choices"] = parameter.choices;
        parameters.append(row);
    }
    nb::dict out;
    out["name"] = spec.name;
    out["class_name"] = spec.class_name;
    out["title"] = spec.title;
    out["group"] = spec.group;
    out["inputs"] = spec.inputs;
    out["outputs"] = spec.outputs;
    out["parameters"] = parameters;
    out["formula"] = spec.formula;
    out["talib"] = spec.talib;
    return out;
}

}  // namespace

void bind_features(nb::module_& m) {
    static PyType_Slot slots[] = {{Py_tp_methods, update_method()}, {0, nullptr}};
    nb::class_<StreamingIndicator>(m, "Indicator", nb::type_slots(slots))
        .def(nb::init<const std::string&, const Given&>(), nb::arg("name"), nb::arg("parameters"))
        .def("_read", &StreamingIndicator::read, nb::arg("source"), nb::arg("output"))
        .def("_save", &StreamingIndicator::save)
        .def("_load", &StreamingIndicator::load, nb::arg("state"))
        .def("reset", &StreamingIndicator::reset, "Forgets every observation.")
        .def_prop_ro(
            "value", [](const StreamingIndicator& self) { return nb::steal(as_result(self.spec(), self.last())); },
            nb::sig("def value(self) -> object"), "The value after the last observation; NaN until it is ready.")
        .def_prop_ro("is_ready", &StreamingIndicator::is_ready, "True once there were enough observations.");
    m.def("run_indicator", &run_indicator, nb::arg("name"), nb::arg("parameters"), nb::arg("inputs"),
          nb::arg("threads") = 1);
    m.def("indicator_catalog", [] {
        nb::list out;
        for (const features::Spec& spec : features::catalog()) { out.append(describe(spec)); }
        return out;
    });
}

}  // namespace walras::python
