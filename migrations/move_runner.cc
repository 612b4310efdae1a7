#include "migrations/move_runner.h"

#include "base/str_cat.h"
#include "migrations/fingerprint.h"
#include "migrations/own_tables.h"
#include "migrations/position.h"

namespace ignite::migrations {
namespace {

using Script = SqlSession::Script;

Result<> RunStep(SqlSession& session, const Step& step, Direction direction, Script script) {
  if (step.is_program) return {};
  bool is_up = direction == Direction::kUp;
  std::string what = StrCat("step ", step.number, " ", step.name, is_up ? " (up)" : " (down)");
  return session.RunScript(is_up ? step.up : *step.down, script, what);
}

/// Takes the steps that have just run back and compares, then forgets that it did.
Result<> ProveReturn(SqlSession& session, const Move& move, const Fingerprint& before) {
  TRY(session.Execute("SAVEPOINT ignite_return"));
  for (auto step = move.steps.rbegin(); step != move.steps.rend(); ++step)
    TRY(RunStep(session, *step, Direction::kDown, Script::kInTransaction));
  Fingerprint back = TRY(TakeFingerprint(session));
  TRY(session.Execute("ROLLBACK TO SAVEPOINT ignite_return"));
  TRY(session.Execute("RELEASE SAVEPOINT ignite_return"));
  return CheckLeadsBack(before, back);
}

}  // namespace

Result<> RunMove(SqlSession& session, const Move& move, const OnStep& on_step) {
  TRY(session.BeginMove(move));
  DatabaseState state = TRY(ReadState(session));
  if (StandsAtEnd(state, move)) return session.Execute("COMMIT");
  TRY(CheckStandsAtStart(state, move));
  uint64_t violations = TRY(session.CountViolations());
  Fingerprint before;
  if (move.proves_return) before = TRY(TakeFingerprint(session));
  Script script = Script::kInTransaction;
  auto run = [&](const Step& step) {
    if (on_step) on_step();
    return RunStep(session, step, move.direction, script);
  };
  if (!move.steps.empty() && move.steps[0].traits.non_transactional) {
    script = Script::kOutside;
    TRY(session.Execute("COMMIT"));
    TRY(run(move.steps[0]));
    TRY(session.BeginMove(move));
  }
  if (!move.to_release.empty()) TRY(CreateOwnTables(session));
  for (const Step& step : move.steps) {
    if (script == Script::kInTransaction) TRY(run(step));
    TRY(RecordStep(session, move, step));
  }
  // An application may have left some, which a step may mend.
  if (uint64_t now = TRY(session.CountViolations()); now > violations) {
    return Error{ErrorCode::kRefused,
                 StrCat("rows refer to rows that are not there: ", now, " after the steps, ",
                        violations, " before"),
                 "correct the step: it must keep foreign keys whole"};
  }
  for (const std::string& query : move.verify) TRY(session.ExpectNoRow(query));
  if (move.proves_return) TRY(ProveReturn(session, move, before));
  TRY(RecordEnd(session, move));
  return session.Execute("COMMIT");
}

}  // namespace ignite::migrations
