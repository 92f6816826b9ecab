// The Python side of strategy::Context: the same context with instruments by name and numbers as Python numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "walras/strategy/strategy.hpp"

namespace walras::python {

// Python objects for the instruments of a run: one string each, found again by identity first.
class NameTable {
public:
    explicit NameTable(const model::Universe& universe);
    [[nodiscard]] PyObject* name(InstrumentId id) const { return names_[id.value].ptr(); }
    // The Python object of the universe: what outlives the run and points into the universe holds it.
    [[nodiscard]] const nb::object& owner() const { return owner_; }
    // From a name, a symbol or anything with an `instrument` or `name` attribute. Throws ConfigError.
    [[nodiscard]] InstrumentId find(nb::handle instrument) const;

private:
    const model::Universe& universe_;
    std::vector<nb::object> names_;
    nb::object owner_;
};

class PyContext;

// A strategy's position in one instrument, as it is now. False when flat.
struct PositionView {
    const PyContext* context = nullptr;
    InstrumentId instrument{};
};

class PyContext {
public:
    PyContext(const NameTable& names, std::vector<std::string>& tags);
    PyContext(const PyContext&) = delete;
    PyContext& operator=(const PyContext&) = delete;
    PyContext(PyContext&&) = default;
    PyContext& operator=(PyContext&&) = delete;
    ~PyContext();  // positions that somebody kept lose their context
    void attach(strategy::Context* context) { context_ = context; }  // null outside callbacks
    [[nodiscard]] strategy::Context& get() const;
    // Both throw outside callbacks, as `get` does: the tables belong to the run.
    [[nodiscard]] const NameTable& names() const { return static_cast<void>(get()), names_; }
    [[nodiscard]] std::vector<std::string>& tags() const { return static_cast<void>(get()), tags_; }
    [[nodiscard]] PyObject* position(nb::handle instrument);  // new reference

private:
    const NameTable& names_;
    std::vector<std::string>& tags_;
    strategy::Context* context_ = nullptr;
    std::vector<nb::object> positions_;
};

// Units of 1e-9 from float, int, str or Decimal; throws OrderError saying what `what` must be.
std::int64_t fixed_from_python(nb::handle value, const char* what);

// Lets a Python object be a strategy. Callbacks that the class does not override cost nothing. Ctrl-C inside a callback
// sets `interrupted` and ends the run after this event, so that what was done is kept.
std::unique_ptr<strategy::Strategy> wrap_strategy(nb::object strategy, const NameTable& names,
                                                  std::vector<std::string>& tags, bool& interrupted);

}  // namespace walras::python
