#include "py_context.hpp"

#include "py_market_book.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using model::Instrument;

NameTable::NameTable(const model::Universe& universe) : universe_(universe) {
    for (const Instrument& instrument : universe) {
        const std::string name = instrument.name();
        PyObject* text = PyUnicode_InternFromString(name.c_str());
        if (text == nullptr) { throw nb::python_error(); }
        names_.push_back(nb::steal(text));
        details_.push_back(std::make_shared<const Instrument>(instrument));
    }
}

InstrumentId NameTable::find(nb::handle instrument) const {
    for (std::size_t i = 0; i < names_.size() && i < 16; ++i) {
        if (names_[i].ptr() == instrument.ptr()) { return InstrumentId{static_cast<std::uint32_t>(i)}; }
    }
    if (nb::isinstance<nb::str>(instrument)) { return universe_.require(nb::cast<std::string>(instrument)); }
    for (const char* attribute : {"instrument", "name"}) {
        if (nb::hasattr(instrument, attribute)) { return find(instrument.attr(attribute)); }
    }
    throw ConfigError("An instrument is named by its text, as in \"KO.XNYS\" or bar.instrument; got " +
                      nb::cast<std::string>(nb::repr(instrument)) + ".");
}

PyContext::PyContext(const NameTable& names, std::vector<std::string>& tags)
    : attachment_(std::make_shared<Attachment>(Attachment{nullptr, &names, &tags})) {}

strategy::Context& Attachment::get() const {
    if (context == nullptr) {
        throw ConfigError(
            "A context and its positions live only inside the callbacks of their run; read what you need "
            "there and keep the numbers.");
    }
    return *context;
}

PyObject* PyContext::position(nb::handle instrument) {
    const InstrumentId id = names().find(instrument);
    if (positions_.size() <= id.value) { positions_.resize(get().universe().size()); }
    nb::object& view = positions_[id.value];
    if (!view.is_valid()) { view = nb::cast(PositionView{attachment_, id}); }
    return nb::object(view).release().ptr();
}

nb::object PyContext::book(InstrumentId instrument) {
    if (get().book(instrument) == nullptr) { return nb::none(); }
    if (books_.size() <= instrument.value) { books_.resize(get().universe().size()); }
    nb::object& view = books_[instrument.value];
    if (!view.is_valid()) { view = nb::cast(new PyLiveBook(attachment_, instrument), nb::rv_policy::take_ownership); }
    return view;
}

}  // namespace walras::python
