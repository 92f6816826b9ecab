// Where a session's journal goes when somebody wants the records and not only their hash.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "walras/data/journal_file.hpp"
#include "walras/model/event.hpp"

namespace walras::engine {

class JournalSink {
public:
    JournalSink() = default;
    JournalSink(const JournalSink&) = delete;
    JournalSink& operator=(const JournalSink&) = delete;
    virtual ~JournalSink() = default;
    virtual void inbound(const model::Event& event) = 0;   // what the session was told
    virtual void outbound(const model::Event& event) = 0;  // what it decided: commands, refusals, its own cash flows
};

// Both sides in one file of codec/journal.hpp's format, in the order in which they happened.
class JournalFile final : public JournalSink {
public:
    JournalFile(const std::filesystem::path& path, std::string_view metadata) : writer_(path, metadata) {}
    void inbound(const model::Event& event) override { writer_.append(event, codec::JournalSide::inbound); }
    void outbound(const model::Event& event) override { writer_.append(event, codec::JournalSide::outbound); }
    void close() { writer_.close(); }  // throws what goes wrong at the end

private:
    data::JournalWriter writer_;
};

// Both sides in memory, as data::read_journal gives them from a file.
class JournalMemory final : public JournalSink {
public:
    void inbound(const model::Event& event) override { add(event, codec::JournalSide::inbound); }
    void outbound(const model::Event& event) override { add(event, codec::JournalSide::outbound); }
    [[nodiscard]] const std::vector<model::Event>& events() const { return events_; }
    [[nodiscard]] const std::vector<codec::JournalSide>& sides() const { return sides_; }

private:
    void add(const model::Event& event, codec::JournalSide side) {
        events_.push_back(event);
        sides_.push_back(side);
    }

    std::vector<model::Event> events_;
    std::vector<codec::JournalSide> sides_;
};

}  // namespace walras::engine
