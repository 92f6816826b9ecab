// Reads a fill card (tests/scenarios/fills/README.md) into plain data. No card is run here.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "walras/core/decimal.hpp"

namespace walras::cards {

// One line as words, with the place that failures name.
struct Line {
    int number = 0;
    std::vector<std::string> words;
};

struct Row {  // a candle or a quote of one instrument, units of 1e-9
    std::string instrument;
    int number = 0;
    std::vector<std::int64_t> values;  // open high low close [volume], or bid ask [bid_size ask_size]
};

struct Act {
    enum class When { start, after, filled, stop } when = When::after;
    int number = 0;  // of the candle or quote, or of the order
    Line line;
};

struct Card {
    std::string file;
    std::string title;  // the first comment line
    std::map<std::string, Line> given;
    std::vector<std::string> instruments;
    std::vector<Row> candles;
    std::vector<Row> quotes;
    std::vector<Act> acts;
    std::vector<Line> fills;   // fill N order ID side quantity @ price rule [maker|taker]
    std::vector<Line> finals;  // order, position, cash, equity

    [[nodiscard]] bool has(const std::string& key) const { return given.contains(key); }
    [[nodiscard]] std::string text(const std::string& key, const std::string& fallback) const {
        const auto found = given.find(key);
        return found == given.end() ? fallback : found->second.words.at(2);
    }
};

[[noreturn]] inline void fail(const std::string& file, int line, const std::string& what) {
    throw std::runtime_error(file + ":" + std::to_string(line) + ": " + what);
}

inline std::int64_t fixed(const std::string& word, const std::string& file, int line) {
    const auto value = core::parse_fixed(word);
    if (!value) { fail(file, line, "\"" + word + "\" is not a number"); }
    return *value;
}

// "after 2: buy 10" -> after, 2:, buy, 10; a comment begins with # as a word of its own.
inline std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string word; in >> word && word[0] != '#';) { out.push_back(word); }
    return out;
}

inline std::string without_colon(std::string word) {
    if (word.ends_with(':')) { word.pop_back(); }
    return word;
}

inline Row row_of(const Line& line, const std::string& file) {
    Row row;
    std::size_t at = 1;
    row.instrument = "A";
    row.number = std::stoi(line.words.at(at++));
    if (line.words.at(at).find_first_of("0123456789") == std::string::npos) { row.instrument = line.words.at(at++); }
    for (; at < line.words.size(); ++at) { row.values.push_back(fixed(line.words[at], file, line.number)); }
    return row;
}

inline Act act_of(const Line& line) {
    Act act;
    std::size_t skip = 2;
    const std::string when = without_colon(line.words[0]);
    if (when == "start" || when == "stop") {
        act.when = when == "start" ? Act::When::start : Act::When::stop;
        skip = 1;
    } else {
        act.when = when == "filled" ? Act::When::filled : Act::When::after;
        act.number = std::stoi(without_colon(line.words.at(1)));
    }
    act.line.number = line.number;
    act.line.words.assign(line.words.begin() + static_cast<std::ptrdiff_t>(skip), line.words.end());
    return act;
}

inline Card read_card(const std::string& path) {
    Card card;
    card.file = path;
    std::ifstream in(path);
    if (!in) { throw std::runtime_error(path + ": cannot be opened"); }
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
        if (card.title.empty() && text.starts_with("# ")) { card.title = text.substr(2); }
        const Line line{number, words_of(text)};
        if (line.words.empty()) { continue; }
        const std::string key = without_colon(line.words[0]);
        if (key == "given") {
            card.given[line.words.at(1)] = line;
        } else if (key == "candle") {
            card.candles.push_back(row_of(line, path));
        } else if (key == "quote") {
            card.quotes.push_back(row_of(line, path));
        } else if (key == "after" || key == "filled" || key == "start" || key == "stop") {
            card.acts.push_back(act_of(line));
        } else if (key == "fill") {
            card.fills.push_back(line);
        } else if (key == "order" || key == "position" || key == "cash" || key == "equity") {
            card.finals.push_back(line);
        } else {
            fail(path, number, "\"" + key + "\" does not begin a line of a card");
        }
    }
    for (const auto* rows : {&card.candles, &card.quotes}) {
        for (const Row& row : *rows) {
            bool known = false;
            for (const std::string& name : card.instruments) { known = known || name == row.instrument; }
            if (!known) { card.instruments.push_back(row.instrument); }
        }
    }
    return card;
}

}  // namespace walras::cards
