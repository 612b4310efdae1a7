#include "agent/outbox/probe_html.h"

#include <algorithm>
#include <array>

#include "agent/outbox/probe_style.h"
#include "agent/outbox/reason_words.h"
#include "agent/outbox/words.h"
#include "base/html.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::outbox {
namespace {

using engine::State;

constexpr std::array kLanguages = {Language::kEnglish, Language::kFrench};
constexpr std::string_view kEnglishAlone = "lang=\"en\"";

std::string_view LanguageAttribute(Language language) {
  return language == Language::kEnglish ? "lang=\"en\"" : "lang=\"fr\"";
}

Html Text(std::string_view text) { return Html::Text(text); }
/// Of a bundle or a file: foreign, so ASCII alone.
Html Name(std::string_view name) { return Html::Text(Printable(name)); }
Html Element(std::string_view tag, const Html& content, std::string_view attributes = {}) {
  return Html::Element(tag, content, attributes);
}
Html Time(int64_t seconds) { return Element("time", Text(engine::TimeText(seconds))); }
Html Paragraph(const Html& content, std::string_view attributes = {}) {
  return Element("p", content, attributes);
}

/// Looks of a state: colour and sign, beside the word that says it.
struct Look {
  std::string_view attributes;
  std::string_view sign;
};
constexpr Look kGood{"class=\"badge good\"", "✓"};
constexpr Look kBad{"class=\"badge bad\"", "✕"};
constexpr Look kWarning{"class=\"badge warn\"", "!"};
constexpr Look kReturn{"class=\"badge\"", "↩"};
constexpr Look kPlain{"class=\"badge\"", "○"};

Look LookOf(State state) {
  switch (state) {
    case State::kCommitted:
      return kGood;
    case State::kFailed:
    case State::kRefused:
    case State::kStuck:
      return kBad;
    case State::kRolledBack:
    case State::kRollingBack:
      return kWarning;
    default:
      return kPlain;
  }
}

Html Badge(const Look& look, std::string_view words) {
  return Element("span",
                 Element("span", Text(look.sign), "aria-hidden=\"true\"") + Text(" ") + Text(words),
                 look.attributes);
}

Html Fact(std::string_view label, const Html& value) {
  return Element("dt", Text(label)) + Element("dd", value);
}

/// What is told in English alone says so to a browser that reads aloud.
Html Detail(Speaker say, std::string_view label, std::string_view text) {
  if (text.empty()) return {};
  return Fact(say.language() == Language::kEnglish ? label : StrCat(label, say(", in English")),
              Element("span", Text(text), kEnglishAlone));
}

Html Components(Speaker say, const engine::DeploymentRecord& deployment) {
  Html rows = Element("tr", Element("th", Text(say("Component")), "scope=\"col\"") +
                                Element("th", Text(say("Version")), "scope=\"col\""));
  for (const engine::ComponentRecord& record : deployment.components) {
    rows += Element("tr", Element("th", Text(record.component), "scope=\"row\"") +
                              Element("td", Text(record.version)));
  }
  return Element("table", Element("caption", Text(say("What it consists of"))) + rows);
}

/// One page in one language.
class Writer {
 public:
  Writer(const ProbePage& page, Language language) : page_(page), say_(language) {}

  Html Body() const {
    Html left = UnderWay() + Verdicts() + Notes();
    Html right = Deployments() + Uploads() + Space() + Probe();
    return Alerts() + Running() +
           Element("div", Element("div", left) + Element("div", right), "class=\"columns\"");
  }

 private:
  Html Section(std::string_view title, const Html& content) const {
    return Element("section", Element("h2", Text(title)) + content, "class=\"card\"");
  }
  Html None(std::string_view words) const { return Paragraph(Text(words), "class=\"none\""); }

  Html Alert(std::string_view title, const Html& content) const {
    Html sign = Element("span", Text("!"), "aria-hidden=\"true\" class=\"sign\"");
    return Element("section", Element("h2", sign + Text(title)) + content, "class=\"card alert\"");
  }
  Html Alert(std::string_view title, std::string_view cause, std::string_view remedy) const {
    return Alert(title, Element("dl", Detail(say_, say_("Details"), cause) +
                                          Detail(say_, say_("What to do"), remedy)));
  }

  Html Alerts() const {
    const engine::Snapshot& snapshot = page_.snapshot;
    Html alerts;
    if (const auto& transaction = snapshot.transaction) {
      if (transaction->state == State::kStuck) {
        alerts += Alert(say_("This probe is stuck and takes no bundle: call an engineer"),
                        transaction->cause, transaction->remedy);
      }
      if (transaction->WaitsForReboot()) {
        const ReasonWords& words = *WordsFor("reboot");
        alerts +=
            Alert(say_("This probe waits for a reboot"),
                  Paragraph(Text(say_(words.meaning)) + Text(" ") + Text(say_(words.remedy))));
      }
      if (snapshot.interrupted) {
        Error error = engine::Interruption(*transaction);
        alerts += Alert(say_("A transaction was interrupted"), error.cause, error.remedy);
      }
    }
    if (const auto& wrong = snapshot.wrong_system)
      alerts += Alert(say_("The wrong operating system runs"), wrong->cause, wrong->remedy);
    if (std::count(snapshot.holds.begin(), snapshot.holds.end(), engine::Journal::kEverything) > 0)
      alerts += Alert(say_("An engineer holds every upload"),
                      engine::HoldText(engine::Journal::kEverything), {});
    return alerts;
  }

  Html Running() const {
    const auto& deployments = page_.snapshot.deployments;
    Html title = Element("h2", Text(say_("What runs")));
    if (deployments.empty()) {
      return Element("section", title + None(say_("Nothing yet: no bundle was installed.")),
                     "class=\"card\"");
    }
    const engine::DeploymentRecord& current = deployments.back();
    bool on_trial =
        page_.snapshot.transaction && page_.snapshot.transaction->state == State::kTrial;
    Html proven = on_trial                 ? Badge(kWarning, say_("another version is on trial"))
                  : current.health.empty() ? Badge(kPlain, say_("committed without a health check"))
                                           : Badge(kGood, say_("proven: it has passed its trial"));
    Html facts = Fact(say_("Since"), Time(current.created)) +
                 Fact(say_("Deployment"), Text(std::to_string(current.number))) +
                 Fact(say_("Bundle"), Name(current.bundle));
    std::vector<std::string> checks;
    for (const auto& check : current.health) checks.push_back(check.name);
    facts += Fact(say_("Health checks"),
                  Text(checks.empty() ? std::string(say_("none")) : Joined(checks)));
    facts += Fact(say_("Licence"), Text(LicenceWords(say_, page_.licence)));
    Html version = Paragraph(Element("span", Text(say_("Version")), "class=\"label\"") + Text(" ") +
                                 Element("strong", Text(current.version)) + Text(" ") + proven,
                             "class=\"version\"");
    return Element("section",
                   title + version +
                       Element("div", Element("dl", facts) + Components(say_, current),
                               "class=\"columns even\""),
                   "class=\"card\"");
  }

  Html UnderWay() const {
    const auto& transaction = page_.snapshot.transaction;
    if (!transaction) return Section(say_("Under way"), None(say_("No transaction is running.")));
    Html facts =
        Fact(say_("Transaction"), Text(std::to_string(transaction->id))) +
        Fact(say_("Bundle"), Name(transaction->bundle)) +
        Fact(say_("State"), Badge(LookOf(transaction->state),
                                  StateWord(say_, engine::StateName(transaction->state)))) +
        Fact(say_("Begun"), Time(transaction->started)) +
        Detail(say_, say_("Step"), transaction->step);
    Html trial;
    if (transaction->state == State::kTrial) {
      trial =
          Paragraph(Text(say_("The new version runs and is watched. It stays when its health "
                              "checks have held until the end of the trial.")));
    }
    return Section(say_("Under way"), trial + Element("dl", facts));
  }

  Html Deployments() const {
    const auto& deployments = page_.snapshot.deployments;
    const auto& gone = page_.snapshot.without_system;
    if (deployments.empty()) return Section(say_("Deployments"), None(say_("None yet.")));
    Html items;
    for (auto it = deployments.rbegin(); it != deployments.rend(); ++it) {
      bool is_current = it == deployments.rbegin();
      bool is_gone = std::find(gone.begin(), gone.end(), it->number) != gone.end();
      Html mark = is_current ? Badge(kGood, say_("runs now"))
                  : is_gone ? Badge(kBad, say_("no way back: its operating system was overwritten"))
                            : Badge(kReturn, say_("can be returned to"));
      Html components;
      for (const engine::ComponentRecord& record : it->components)
        components += Element("li", Text(StrCat(record.component, " ", record.version)));
      Html title = Text(StrCat(say_("Version"), " ", it->version)) + Text(" ") + mark;
      Html when = Text(StrCat(say_("Deployment"), " ", it->number, ", ")) + Time(it->created);
      items +=
          Element("li",
                  Element("h3", title) + Paragraph(when) +
                      Paragraph(Name(it->bundle), "class=\"none\"") + Element("ul", components),
                  is_current ? "class=\"current\" aria-current=\"true\"" : "");
    }
    return Section(say_("Deployments, newest first"),
                   Element("ol", items, "class=\"timeline\" reversed"));
  }

  Html Verdicts() const {
    if (page_.verdicts.empty()) return Section(say_("Last verdicts"), None(say_("None yet.")));
    Html items;
    for (const engine::TransactionRecord& verdict : page_.verdicts) items += VerdictItem(verdict);
    return Section(say_("Last verdicts"), items);
  }

  Html VerdictItem(const engine::TransactionRecord& verdict) const {
    Html facts;
    const ReasonWords* words = WordsFor(verdict.reason);
    if (words != nullptr) facts += Fact(say_("Why"), Text(say_(words->meaning)));
    // The exact remedy says what that of the reason does, but in English alone.
    if (words != nullptr && say_.language() != Language::kEnglish)
      facts += Fact(say_("What to do"), Text(say_(words->remedy)));
    facts += Detail(say_, say_("Details"), verdict.cause);
    facts += Detail(say_, say_("What to do"), verdict.remedy);
    Html title = Badge(LookOf(verdict.state), StateWord(say_, engine::StateName(verdict.state))) +
                 Text(" ") + Name(verdict.bundle);
    return Element("article", Element("h3", title) +
                                  Paragraph(Time(verdict.ended), "class=\"none\"") +
                                  (facts.IsEmpty() ? Html() : Element("dl", facts)));
  }

  Html Uploads() const {
    Html items;
    size_t shown = std::min(page_.uploads.size(), kUploadsShown);
    for (size_t i = 0; i < shown; ++i) {
      const WaitingUpload& upload = page_.uploads[i];
      std::string_view why = say_(upload.why.c_str());
      items += Element("dt", Name(upload.bundle)) +
               Element("dd", Text(why), why == upload.why ? kEnglishAlone : std::string_view());
    }
    Html content = items.IsEmpty() ? None(say_("Nothing waits.")) : Element("dl", items);
    if (size_t left = page_.uploads.size() - shown; left > 0)
      content += Paragraph(Text(StrCat(say_("and so many more:"), " ", left)));
    Html held;
    for (const std::string& id : page_.snapshot.holds) {
      if (id != engine::Journal::kEverything) held += Element("li", Name(id));
    }
    if (!held.IsEmpty()) {
      content += Element("h3", Text(say_("Contents that are not taken any more"))) +
                 Element("ul", held, "class=\"ids\"");
    }
    return Section(say_("Waiting in the inbox"), content);
  }

  Html Space() const {
    Html rows = Element("tr", Element("th", Text(say_("File system of")), "scope=\"col\"") +
                                  Element("th", Text(say_("Free")), "scope=\"col\""));
    for (const FreeSpace& space : page_.space) {
      rows += Element("tr", Element("th", Text(space.path), "scope=\"row\"") +
                                Element("td", Text(FreeSpaceWords(say_, space))));
    }
    return Section(
        say_("Space"),
        Element("table", Element("caption", Text(say_("Free on each file system"))) + rows));
  }

  Html Probe() const {
    const engine::Settings& settings = page_.settings;
    Html facts = Fact(say_("Product"), Text(settings.product)) +
                 Fact(say_("Machine"), Text(settings.compatible));
    if (!settings.channel.empty()) facts += Fact(say_("Channel"), Text(settings.channel));
    facts += Fact(say_("Update agent"), Text("ignite " IGNITE_VERSION));
    return Section(say_("This probe"), Element("dl", facts));
  }

  /// In the language of the page, or else in the first that there is.
  Html Notes() const {
    std::string_view title = say_("Release notes of what runs");
    if (page_.notes.empty()) return Section(title, None(say_("None came with it.")));
    std::string_view wanted = say_.language() == Language::kEnglish ? "en" : "fr";
    auto found = std::find_if(page_.notes.begin(), page_.notes.end(),
                              [&](const auto& note) { return note.language == wanted; });
    const format::Note& note = found == page_.notes.end() ? page_.notes.front() : *found;
    std::string text = note.text;
    std::erase(text, '\r');
    return Section(title, Element("div", Text(text),
                                  note.language == "fr" ? "class=\"notes\" lang=\"fr\""
                                                        : "class=\"notes\" lang=\"en\""));
  }

  const ProbePage& page_;
  Speaker say_;
};

Html Head(const ProbePage& page) {
  return Html::Element("title",
                       Text(StrCat(page.settings.product, ", ", page.settings.compatible)));
}

}  // namespace

std::string ProbeHtml(const ProbePage& page) {
  Html main;
  for (Language language : kLanguages) {
    main += Element("div", Writer(page, language).Body(), LanguageAttribute(language));
  }
  Html title =
      Element("h1", Text(page.settings.product)) + Paragraph(Text(page.settings.compatible));
  return StrCat(kPageBegin, Head(page).code(), kPageStyle, kLanguageButtons,
                Element("div", title).code(), kLanguageLabels, Element("main", main).code());
}

std::string ProbeHtmlEnd(int64_t written) {
  Html footer;
  for (Language language : kLanguages) {
    Speaker say(language);
    footer += Element(
        "p", Text(StrCat(say("Written by ignite"), " " IGNITE_VERSION ", ")) + Time(written),
        LanguageAttribute(language));
  }
  return StrCat(Element("footer", footer).code(), kPageEnd);
}

}  // namespace ignite::outbox
