#include "cli/application.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/man_page.h"
#include "core/names.h"
#include "spec/json_schema.h"

namespace ingot {

namespace {

constexpr const char* kIntroduction =
    R"(Ingot loads files into databases, and is never silently wrong: every record ends in exactly one
place, once, however often the machine dies, and the program says where.)";

constexpr const char* kExamples = R"(
  ingot load sales.csv --key id             loads a file that nobody has described, into sales.duckdb
  ingot load sales.csv "$PGURL" --key id    the same into PostgreSQL; --save sales.yaml keeps it as a pipeline
  ingot init sales.csv -o sales.yaml        writes that pipeline only, what the scan found beside each column

A pipeline is one YAML file:

  from: data/sales*.csv.gz
  columns:
    id: bigint required
    amount: numeric(10,2)
  to: { connection: "postgresql://me@db/shop", table: sales, mode: upsert, key: id }

  ingot check sales.yaml     finds every mistake without touching anything
  ingot plan sales.yaml      shows files, tables and DDL, and changes nothing
  ingot doctor sales.yaml    looks for what would keep it from running: rights, settings, space
  ingot run sales.yaml       loads what is new, and ends with the equation
  ingot runs sales.yaml      what was done; rejects list: what could not be placed, and what became of it

Without a connection the target is a DuckDB file beside the pipeline.)";

void add_overrides(CLI::App& command, PipelineArguments& arguments) {
  command.add_option("--set", arguments.sets, "override a key of the pipeline: path.to.key=value; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command.add_option("--env", arguments.environment, "environment of ingot.yaml (default dev)")->type_name("NAME");
}

void add_resources(CLI::App& command, PipelineArguments& arguments) {
  command.add_option("--memory-limit", arguments.memory_limit, "bound on the process's memory (default 1GiB)")
      ->type_name("BYTES");
  command.add_option("--threads", arguments.threads, "decoding threads (default: one a processor)")->type_name("N");
  command.add_option("--temp-dir", arguments.temp_dir, "where to spill (default: $TMPDIR or /tmp)")->type_name("DIR");
  command.add_flag("--json", arguments.json, "JSON lines on standard output");
  command.add_flag("--quiet", arguments.quiet, "print errors only");
}

void add_files(CLI::App& command, PipelineArguments& arguments) {
  command.add_option("FILE", arguments.files, "pipeline files, in this order")->required();
  add_overrides(command, arguments);
  add_resources(command, arguments);
}

void add_flatten(CLI::App& command, PipelineArguments& arguments) {
  command
      .add_option("--flatten", arguments.flatten,
                  "JSON, where columns are inferred: take objects within objects apart, so many deep (default 0)")
      ->check(CLI::Range(0, 10))
      ->type_name("N");
}

// How data files are read.
void add_dialect(CLI::App& command, FileArguments& arguments) {
  command
      .add_option("--format", arguments.format,
                  "csv, ndjson, json, pyliteral, parquet, xlsx or avro (default: by the extension)")
      ->type_name("FORMAT");
  command.add_option("--delimiter", arguments.delimiter, "CSV: what separates fields (default: detected)")
      ->type_name("CHARACTER");
  command.add_option("--header", arguments.header, "CSV: true or false (default: detected)")->type_name("TRUTH");
  command.add_option("--null", arguments.nulls, "CSV: a spelling of NULL; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command.add_option("--sheet", arguments.sheet, "XLSX: which sheet (default: the only one)")->type_name("NAME");
  command
      .add_option("--from", arguments.from,
                  "any other option of from, e.g. skip=3, encoding=latin-1, comment=#; may be repeated")
      ->type_name("OPTION=VALUE")
      ->allow_extra_args(false);
  add_flatten(command, arguments);
}

// What `init` and `load` are told of data files and of where their rows go.
void add_data_files(CLI::App& command, FileArguments& arguments, const char* files) {
  command.add_option("FILE", arguments.files, files)->required();
  command.add_option("--to", arguments.to, "connection: a URL, or a name as in to.connection")->type_name("URL");
  command.add_option("--as", arguments.file_format, "into a folder (file:FOLDER): what is written (default parquet)")
      ->type_name("parquet|csv|ndjson");
  command.add_option("--table", arguments.table, "the table (default: the only file's name)")->type_name("NAME");
  command.add_option("--key", arguments.key, "column(s) of the key; the mode is then upsert")
      ->type_name("COLUMN,…")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--mode", arguments.mode, "as in to.mode (default append; with --key upsert)")->type_name("MODE");
  add_dialect(command, arguments);
  command.add_option("--env", arguments.environment, "environment of ingot.yaml (default dev)")->type_name("NAME");
  add_resources(command, arguments);
}

// Commands for files that nobody has described.
void add_file_commands(CLI::App& app, FileArguments& arguments, PreviewArguments& preview, DiffArguments& diff,
                       int& exit_code) {
  CLI::App* init = app.add_subcommand(
      "init", "write a pipeline for files: scans them whole, and says beside each column what it found");
  add_data_files(*init, arguments, "data files or patterns");
  init->add_option("-o,--output", arguments.output, "a new file (default: standard output)")->type_name("FILE");
  init->callback([&] { exit_code = init_command(arguments); });

  CLI::App* load = app.add_subcommand(
      "load", "load files that no pipeline describes: columns are inferred by a full scan, shown and kept");
  add_data_files(*load, arguments, "data files or patterns; the last word may be the URL of the target");
  load->add_option("--save", arguments.output, "keep it as a pipeline, which goes on where this stops")
      ->type_name("FILE");
  load->add_flag("--create", arguments.create, "create a missing table even where it looks like a typing error");
  load->add_flag("--replan", arguments.replan, "give up what an unfinished plan has left, and list anew");
  load->add_flag("--reinfer", arguments.reinfer, "infer the columns anew, whatever the ledger keeps");
  load->add_flag("--strict", arguments.strict, "end with an error if any record was rejected");
  load->callback([&] { exit_code = load_command(arguments); });

  CLI::App* shown = app.add_subcommand(
      "preview", "show the first rows with their types, and the rejects, of a pipeline or a data file; writes nothing");
  shown->add_option("FILE", preview.files, "a pipeline, or a data file")->required()->expected(1);
  add_overrides(*shown, preview);
  shown->add_option("--rows", preview.rows, "rows and rejects shown (default 10)")->type_name("N");
  shown
      ->add_option("--limit", preview.record_limit, "read only the first N records of each file (default: all of them)")
      ->type_name("N");
  shown->add_flag("--watch", preview.watch, "show it again whenever the file changes, until Ctrl-C");
  add_dialect(*shown, preview);
  add_resources(*shown, preview);
  shown->callback([&] { exit_code = preview_command(preview); });

  CLI::App* compared = app.add_subcommand(
      "diff", "compare files with the table by key: what a run would insert, update and leave; writes nothing");
  add_data_files(*compared, diff, "a pipeline; or data files, and behind them the URL of the target");
  compared->add_option("--set", diff.sets, "override a key of the pipeline: path.to.key=value; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  compared->add_option("--rows", diff.rows, "examples shown of each kind (default 5)")->type_name("N");
  compared->add_flag("--all", diff.all, "compare all files, also those that are loaded already");
  compared->callback([&] { exit_code = diff_command(diff); });
}

void add_plan_flags(CLI::App& command, PipelineArguments& arguments) {
  command.add_flag("--create", arguments.create, "create missing tables even where it looks like a typing error");
  command.add_flag("--replan", arguments.replan, "give up what an unfinished plan has left, and list anew");
  command.add_flag("--reinfer", arguments.reinfer,
                   "where no columns are declared: infer them anew, whatever the ledger keeps");
  add_flatten(command, arguments);
  command
      .add_option("--limit", arguments.record_limit,
                  "as a trial, only the first N records of each file; one that has more is not known by it")
      ->type_name("N");
  command.add_flag("--full-refresh", arguments.full_refresh,
                   "load all files again, in the place of all rows of the table, in one transaction");
  command.add_flag("--yes", arguments.yes, "with these two: even if rows go that are not loaded again");
}

// Which ledger is meant; `shows`: its rows are listed.
void add_ledger(CLI::App& command, LedgerArguments& arguments, bool shows = true) {
  command.add_option("FILE|URL", arguments.where,
                     "a pipeline, or the connection itself (default: the only pipeline here)");
  command.add_option("--set", arguments.sets, "override a key of the pipeline")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command.add_option("--env", arguments.environment, "environment of ingot.yaml (default dev)")->type_name("NAME");
  if (shows) command.add_option("--limit", arguments.limit, "rows shown (default 20)")->type_name("N");
  command.add_flag("--json", arguments.json, "JSON lines");
}

void add_reject_filter(CLI::App& command, RejectArguments& arguments) {
  command.add_option("--id", arguments.ids, "only these, e.g. 5,7")->type_name("REJECT,…")->delimiter(',');
  command.add_option("--run", arguments.what, "only of this run, e.g. r7")->type_name("RUN");
  command.add_option("--code", arguments.code, "only of this reason, e.g. not_a_number")->type_name("CODE");
  command.add_option("--field", arguments.field, "only where this field is at fault")->type_name("NAME");
  command.add_option("--file", arguments.unit, "only of this file, as the list names it")->type_name("NAME");
  command.add_option("--table", arguments.table, "only meant for this table, as the list names it")->type_name("NAME");
}

void add_reject_state(CLI::App& command, RejectArguments& arguments) {
  command.add_option("--state", arguments.state, "open (default), replayed, discarded or all")->type_name("STATE");
}

// `rejects` and what is below it.
void add_rejects(CLI::App& app, RejectArguments& arguments, PipelineArguments& pipeline, int& exit_code) {
  CLI::App* rejects = app.add_subcommand("rejects", "records that could not be placed");
  rejects->require_subcommand(1);

  CLI::App* list = rejects->add_subcommand("list", "list rejects with reason and address, or count them by cause");
  list->add_option("--by", arguments.by, "count by code, field, file or table, with the first of each")
      ->type_name("WHAT");
  add_reject_filter(*list, arguments);
  add_reject_state(*list, arguments);
  add_ledger(*list, arguments);
  list->callback([&] { exit_code = list_rejects_command(arguments); });

  CLI::App* show = rejects->add_subcommand("show", "one reject, or all of a run, with the raw bytes");
  show->add_option("REJECT|RUN", arguments.what, "a reject's number, or a run, e.g. r7")->required();
  add_ledger(*show, arguments);
  show->callback([&] { exit_code = show_reject_command(arguments); });

  CLI::App* exported = rejects->add_subcommand("export", "write rejects with their bytes, to be looked at or mended");
  exported
      ->add_option("--format", arguments.format,
                   "ndjson (default) and csv say reason and address; raw is the records as they stood in their "
                   "file, behind its header")
      ->type_name("FORMAT");
  exported->add_option("--output", arguments.output, "a new file (default: standard output)")->type_name("FILE");
  add_reject_filter(*exported, arguments);
  add_reject_state(*exported, arguments);
  add_ledger(*exported, arguments, false);
  exported->callback([&] { exit_code = export_rejects_command(arguments); });

  CLI::App* replay = rejects->add_subcommand(
      "replay", "load open rejects again: by a pipeline that was changed, or from mended bytes; exactly once");
  add_files(*replay, pipeline);
  replay->add_option("--with", arguments.mended, "mended records, as export writes them: id, and raw or raw_base64")
      ->type_name("FILE");
  add_reject_filter(*replay, arguments);
  replay->add_flag("--replan", pipeline.replan, "give up what an unfinished plan has left");
  replay->callback([&] { exit_code = replay_rejects_command(arguments, pipeline); });

  CLI::App* discard = rejects->add_subcommand(
      "discard", "say of open rejects that they will not be loaded; they stay, as discarded, until they are purged");
  add_reject_filter(*discard, arguments);
  discard->add_flag("--all", arguments.all, "every open reject");
  discard->add_flag("--purge", arguments.purge, "delete what was replayed or discarded --older-than; open ones never");
  discard->add_option("--older-than", arguments.older_than, "with --purge: e.g. 30d, 12h, 2w")->type_name("AGE");
  add_ledger(*discard, arguments, false);
  discard->callback([&] { exit_code = discard_rejects_command(arguments); });
}

// What editors, shells and `man` are told of the language and of the commands.
void add_descriptions(CLI::App& app) {
  CLI::App* schema = app.add_subcommand("json-schema", "print the JSON Schema of pipelines, for editors");
  schema->add_flag("--project")->description("that of ingot.yaml instead");
  schema->callback([schema] {
    const bool project = schema->count("--project") > 0;
    fmt::print("{}", spec::json_schema(project ? spec::SchemaOf::project : spec::SchemaOf::pipeline));
  });

  CLI::App* completion = app.add_subcommand("completion", "print what makes a shell complete commands and options");
  completion->require_subcommand(1);
  completion->add_subcommand("bash", "put into ~/.bashrc: source <(ingot completion bash)")->callback([&app] {
    fmt::print("{}", bash_completion(app));
  });
  completion->add_subcommand("zsh", "write to a file _ingot in a folder of $fpath")->callback([&app] {
    fmt::print("{}", zsh_completion(app));
  });
  completion->add_subcommand("fish", "write to ~/.config/fish/completions/ingot.fish")->callback([&app] {
    fmt::print("{}", fish_completion(app));
  });

  app.add_subcommand("man", "print the manual page: ingot man | man -l -")->callback([&app] {
    fmt::print("{}", man_page(app));
  });
}

// All names that `app` would understand at its place: commands, or options.
std::vector<std::string> names_of(const CLI::App& app, bool options) {
  std::vector<std::string> names;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

std::string did_you_mean(const std::string& given, const std::vector<std::string>& names) {
  const std::string near = nearest_name(given, names);
  return near.empty() ? "" : fmt::format("did you mean {}? ", near);
}

// A wrong command line, in our words.
Error usage_error(const CLI::App& app, const std::vector<std::string>& words, const std::string& message) {
  const CLI::App* at = &app;
  std::string command = "ingot";
  for (const std::string& word : words) {
    const auto subcommands = at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    if (!subcommands.empty()) {
      at = subcommands.front();
      command += " " + word;
      continue;
    }
    const bool wants_command = !at->get_subcommands(nullptr).empty() && at->get_require_subcommand_min() > 0;
    if (word.rfind("--", 0) == 0) {
      const std::string option = word.substr(0, word.find('='));
      const auto options = names_of(*at, true);
      if (std::find(options.begin(), options.end(), option) == options.end()) {
        return {Code::usage,
                fmt::format("unknown option: \"{}\"", option),
                fmt::format("{}see {} --help", did_you_mean(option, options), command),
                {}};
      }
    } else if (wants_command) {
      const auto commands = names_of(*at, false);
      return {Code::usage,
              fmt::format("unknown command: \"{}\"", word),
              fmt::format("{}the commands are: {}", did_you_mean(word, commands), join_names(commands)),
              {}};
    }
  }
  return {Code::usage, message, fmt::format("see {} --help", command), {}};
}

}  // namespace

int run_application(int argc, char** argv) {
  CLI::App app(kIntroduction, "ingot");
  app.footer(kExamples);
  app.set_version_flag("--version", "ingot " INGOT_VERSION);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "help of all commands");

  PipelineArguments pipeline;
  FileArguments files;
  LedgerArguments ledger;
  int exit_code = 0;

  PreviewArguments preview;
  DiffArguments diff;
  add_file_commands(app, files, preview, diff, exit_code);

  CLI::App* check = app.add_subcommand("check", "find every mistake in a pipeline; touches nothing");
  add_files(*check, pipeline);
  check->callback([&] { exit_code = check_command(pipeline); });

  CLI::App* plan = app.add_subcommand("plan", "show what a run would do; changes nothing");
  add_files(*plan, pipeline);
  add_plan_flags(*plan, pipeline);
  plan->callback([&] { exit_code = plan_command(pipeline); });

  CLI::App* run = app.add_subcommand("run", "load what is new");
  add_files(*run, pipeline);
  add_plan_flags(*run, pipeline);
  run->add_option("--reload", pipeline.reload, "load this file although it is known; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  run->add_flag("--strict", pipeline.strict, "end with an error if any record was rejected");
  run->callback([&] { exit_code = run_command(pipeline); });

  std::string undone;
  bool force = false;
  CLI::App* undo =
      app.add_subcommand("undo", "delete the rows that a run appended, and forget its files; wants lineage: true");
  undo->add_option("RUN", undone, "e.g. r7")->required();
  undo->add_option("FILE", pipeline.files, "the pipeline")->required()->expected(1);
  add_overrides(*undo, pipeline);
  undo->add_flag("--force", force, "even if the rows that are there are not as many as were inserted");
  undo->add_flag("--json", pipeline.json, "JSON on standard output");
  undo->callback([&] { exit_code = undo_command(pipeline, undone, force); });

  CLI::App* doctor = app.add_subcommand("doctor", "look for what would keep a run from loading; changes nothing");
  add_files(*doctor, pipeline);
  doctor->callback([&] { exit_code = doctor_command(pipeline); });

  CLI::App* runs = app.add_subcommand("runs", "list runs, newest first");
  CLI::App* show_run = runs->add_subcommand("show", "one run with its files");
  show_run->add_option("RUN", ledger.what, "e.g. r7")->required();
  add_ledger(*show_run, ledger);
  show_run->callback([&] { exit_code = show_run_command(ledger); });
  add_ledger(*runs, ledger);
  runs->callback([&, show_run] {
    if (!show_run->parsed()) exit_code = runs_command(ledger);
  });

  RejectArguments rejects;
  add_rejects(app, rejects, pipeline, exit_code);

  add_descriptions(app);

  std::vector<std::string> words(argv + 1, argv + argc);
  // What people type before they have read anything.
  if (words == std::vector<std::string>{"help"} || words.empty()) words = {"--help"};
  if (words == std::vector<std::string>{"version"}) words = {"--version"};
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version end the parse, too
    return report_error(usage_error(app, words, error.what()), false);
  } catch (const std::exception& error) {
    return report_error({Code::internal,
                         fmt::format("unexpected: {}", error.what()),
                         "this is a defect of Ingot; please report it",
                         {}},
                        false);
  }
  return exit_code;
}

}  // namespace ingot
