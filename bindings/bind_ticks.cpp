#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "py_ticks.hpp"
#include "walras/codec/hftbacktest/hftbacktest.hpp"
#include "walras/core/error.hpp"
#include "walras/data/byte_source.hpp"
#include "walras/data/journal_file.hpp"
#include "walras/data/tick_formats.hpp"
#include "walras/data/tick_stream.hpp"

namespace walras::python {
namespace {

using model::Tick;
using TickRecords = nb::ndarray<const std::uint8_t, nb::shape<-1, sizeof(Tick)>, nb::c_contig, nb::device::cpu>;
using RecordArray = nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>>;

// Records of 64 bytes handed to NumPy without a copy.
template <class Record>
RecordArray records_to_numpy(std::vector<Record>&& values) {
    static_assert(sizeof(Record) == 64);
    auto* owned = new std::vector<Record>(std::move(values));
    nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<Record>*>(p); });
    return RecordArray(reinterpret_cast<std::uint8_t*>(owned->data()), {owned->size(), sizeof(Record)}, owner);
}

template <class Record>
std::span<const Record> span_of_records(const TickRecords& records) {
    if (reinterpret_cast<std::uintptr_t>(records.data()) % alignof(Record) != 0) {
        throw DataError("records do not begin at a multiple of their alignment; give a copy of them");
    }
    return {reinterpret_cast<const Record*>(records.data()), records.shape(0)};
}

TickReader open_reader(const std::string& path, const std::string& format, std::int64_t lot_size,
                       std::vector<std::string> symbols, std::int64_t date, const std::vector<std::int64_t>& zone_from,
                       const std::vector<std::int64_t>& zone_add, std::int64_t feed_delay_ns) {
    if (zone_from.size() != zone_add.size()) { throw ConfigError("zone_from and zone_add differ in length"); }
    codec::TickOptions options;
    options.lot_size = lot_size;
    options.symbols = std::move(symbols);
    options.date = date;
    options.feed_delay = DurationNs{feed_delay_ns};
    for (std::size_t i = 0; i < zone_from.size(); ++i) {
        options.zone.push_back({TimeNs{zone_from[i]}, DurationNs{zone_add[i]}});
    }
    const nb::gil_scoped_release release;
    return {data::open_ticks(path, format, std::move(options))};
}

data::TickStream& stream_of(TickReader& reader) {
    if (!reader.stream) { throw DataError("the stream was given away; open it again"); }
    return *reader.stream;
}

// Ticks with start <= ts_init < end, at least one chunk and about `rows` of them; none: the end.
RecordArray read_some(TickReader& reader, std::size_t rows, std::int64_t start, std::int64_t end) {
    data::TickStream& stream = stream_of(reader);
    std::vector<Tick> out;
    {
        const nb::gil_scoped_release release;
        while (out.size() < rows) {
            const auto ticks = stream.next();
            if (ticks.empty()) { break; }
            if (ticks.front().ts_init.ns >= end) { break; }
            if (ticks.front().ts_init.ns >= start && ticks.back().ts_init.ns < end) {
                out.insert(out.end(), ticks.begin(), ticks.end());
                continue;
            }
            for (const Tick& tick : ticks) {
                if (tick.ts_init.ns >= start && tick.ts_init.ns < end) { out.push_back(tick); }
            }
        }
    }
    return records_to_numpy(std::move(out));
}

}  // namespace

void bind_ticks(nb::module_& m) {
    nb::class_<TickReader>(m, "TickReader", "A stream of ticks; a run that takes it empties it.")
        .def("read", &read_some, nb::arg("rows"), nb::arg("start"), nb::arg("end"),
             "About `rows` of the next ticks as uint8 of shape (n, 64); empty at the end. Raises DataError.")
        .def(
            "rewind", [](TickReader& self) { stream_of(self).rewind(); }, "Begins again.")
        .def_prop_ro(
            "symbols", [](TickReader& self) { return stream_of(self).symbols(); },
            "The instruments so far, in the order of the ticks' `instrument`.")
        .def_prop_ro("progress", [](TickReader& self) { return stream_of(self).progress(); }, "How far it is, 0 to 1.");
    m.def("open_ticks", &open_reader, nb::arg("path"), nb::arg("format"), nb::arg("lot_size"), nb::arg("symbols"),
          nb::arg("date"), nb::arg("zone_from"), nb::arg("zone_add"), nb::arg("feed_delay_ns"),
          "Opens a file of ticks; format \"\" goes by name and first bytes. Raises DataError.");
    m.def(
        "python_tick_reader",
        [](nb::object begin, std::string source) {
            return TickReader{python_ticks(std::move(begin), std::move(source))};
        },
        nb::arg("begin"), nb::arg("source"),
        "A stream of what `begin()` iterates over: records as uint8 of shape (n, 64), symbols so far, progress 0 to "
        "1.");
    m.def(
        "open_journal_ticks",
        [](const std::string& path, std::vector<std::string> symbols) {
            return TickReader{data::open_journal_ticks(path, std::move(symbols))};
        },
        nb::arg("path"), nb::arg("symbols"), "The ticks that a journal says a session was told. Raises DataError.");
    m.def(
        "journal_metadata", [](const std::string& path) { return data::journal_metadata(path); }, nb::arg("path"),
        "What a journal says of itself, without reading what follows. Raises DataError.");
    m.def(
        "select_ticks",
        [](TickReader& reader, std::int64_t from, std::int64_t until, std::vector<std::string> symbols,
           std::string name) {
            stream_of(reader);
            return TickReader{data::select_ticks(std::move(reader.stream),
                                                 {TimeNs{from}, TimeNs{until}, std::move(symbols), std::move(name)})};
        },
        nb::arg("reader"), nb::arg("start"), nb::arg("end"), nb::arg("symbols"), nb::arg("name"),
        "start <= ts_init < end, of these symbols; the reader is emptied.");
    m.def(
        "merge_tick_readers",
        [](const std::vector<TickReader*>& readers) {
            std::vector<data::TickStreamPtr> streams;
            for (TickReader* reader : readers) {
                stream_of(*reader);
                streams.push_back(std::move(reader->stream));
            }
            return TickReader{data::merge_ticks(std::move(streams))};
        },
        nb::arg("readers"), "One stream of several, by time of receipt; the readers are emptied.");
    m.def(
        "memory_tick_reader",
        [](const TickRecords& records, std::vector<std::string> symbols, const std::string& source) {
            return TickReader{data::memory_ticks(span_of_records<Tick>(records), std::move(symbols), source)};
        },
        nb::arg("records"), nb::arg("symbols"), nb::arg("source"), nb::keep_alive<0, 1>(),
        "A stream over records that stay where they are.");
    m.def(
        "guess_tick_format",
        [](const std::string& path) -> std::string {
            const auto bytes = data::open_bytes(path);
            const auto view = bytes->view(4096);
            const std::string_view head(reinterpret_cast<const char*>(view.data()),
                                        std::min<std::size_t>(view.size(), 4096));
            std::string name = path.substr(path.rfind('/') + 1);
            std::transform(name.begin(), name.end(), name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
            for (const data::TickFormat& format : data::all_tick_formats()) {
                if (format.is_it(name, head)) { return std::string(format.name); }
            }
            return "";
        },
        nb::arg("path"), "The format that name and first bytes say; \"\" where they say none. Raises DataError.");
    m.def("tick_formats", [] {
        std::vector<std::string> out;
        for (const std::string_view name : data::tick_formats()) { out.emplace_back(name); }
        return out;
    });
    nb::class_<codec::HftEncoder>(m, "HftEncoder", "Ticks of one instrument to hftbacktest's records, piece by piece.")
        .def(nb::init<std::int64_t, std::string>(), nb::arg("lot_size"), nb::arg("source"))
        .def(
            "encode",
            [](codec::HftEncoder& self, const TickRecords& records) {
                std::vector<codec::HftRecord> out;
                {
                    const auto ticks = span_of_records<Tick>(records);
                    const nb::gil_scoped_release release;
                    self.encode(ticks, out);
                }
                return records_to_numpy(std::move(out));
            },
            nb::arg("records"), "uint8 of shape (n, 64) to uint8 of shape (m, 64). Raises DataError.");
    nb::class_<data::JournalWriter>(m, "TickJournalWriter", "Ticks as inbound events of a journal, piece by piece.")
        .def(
            "__init__",
            [](data::JournalWriter* self, const std::string& path, const std::string& metadata) {
                new (self) data::JournalWriter(path, metadata);
            },
            nb::arg("path"), nb::arg("metadata"))
        .def(
            "append",
            [](data::JournalWriter& self, const TickRecords& records) {
                const auto ticks = span_of_records<Tick>(records);
                const nb::gil_scoped_release release;
                for (const Tick& tick : ticks) {
                    model::Event event;
                    tick.copy_to(event);
                    self.append(event, codec::JournalSide::inbound);
                }
            },
            nb::arg("records"), "uint8 of shape (n, 64). Raises DataError.")
        .def("close", &data::JournalWriter::close, "Flushes. Raises DataError.");
    m.def(
        "hftbacktest_in_both_orders",
        [](const TickRecords& rows) {
            std::vector<codec::HftRecord> out;
            {
                const auto span = span_of_records<codec::HftRecord>(rows);
                const nb::gil_scoped_release release;
                out = codec::in_both_orders(span);
            }
            return records_to_numpy(std::move(out));
        },
        nb::arg("rows"), "Splits rows whose exchange times go back: one for each clock.");
}

}  // namespace walras::python
