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
    [[nodiscard]] const std::shared_ptr<const model::Instrument>& details(InstrumentId id) const {
        return details_[id.value];
    }
    // From a name, a symbol or anything with an `instrument` or `name` attribute. Throws ConfigError.
    [[nodiscard]] InstrumentId find(nb::handle instrument) const;

private:
    const model::Universe& universe_;
    std::vector<nb::object> names_;
    std::vector<std::shared_ptr<const model::Instrument>> details_;
};

// What a Python context points at: the running callback's context, nothing outside callbacks. Shared with the views
// that were made from it, which users may keep.
struct Attachment {
    strategy::Context* context = nullptr;
    const NameTable* names = nullptr;
    std::vector<std::string>* tags = nullptr;
    [[nodiscard]] strategy::Context& get() const;  // throws ConfigError outside callbacks
};

// A strategy's position in one instrument, as it is now. False when flat.
struct PositionView {
    std::shared_ptr<const Attachment> attachment;
    InstrumentId instrument{};
};

class PyContext {
public:
    PyContext(const NameTable& names, std::vector<std::string>& tags);
    void attach(strategy::Context* context) { attachment_->context = context; }
    [[nodiscard]] strategy::Context& get() const { return attachment_->get(); }
    [[nodiscard]] const NameTable& names() const {
        static_cast<void>(get());
        return *attachment_->names;
    }
    [[nodiscard]] std::vector<std::string>& tags() const { return *attachment_->tags; }
    [[nodiscard]] PyObject* position(nb::handle instrument);  // new reference
    [[nodiscard]] nb::object book(InstrumentId instrument);   // None before the first delta

private:
    std::shared_ptr<Attachment> attachment_;
    std::vector<nb::object> positions_;
    std::vector<nb::object> books_;
};

void bind_context(nb::module_& m);

// Lets a Python object be a strategy. Callbacks that the class does not override cost nothing. Ctrl-C inside a callback
// sets `interrupted` and ends the run after this event, so that what was done is kept.
std::unique_ptr<strategy::Strategy> wrap_strategy(nb::object strategy, const NameTable& names,
                                                  std::vector<std::string>& tags, bool& interrupted);

}  // namespace walras::python
