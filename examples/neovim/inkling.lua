-- Next edits of Inkling in Neovim 0.10 or newer, without a plugin: copy this file to ~/.config/nvim/lua/inkling.lua, and
-- write require("inkling").setup() into your init.lua. In normal mode Tab goes to the edit, Tab again applies it, and
-- Escape rejects it: it is not offered again.

local M = { command = { "inkling", "serve" }, debounce_ms = 200 }

local namespace = vim.api.nvim_create_namespace("inkling.next_edit")
local shown -- the edit on display, with its client and buffer
local timer = vim.uv.new_timer()

-- Before Neovim 0.11 a client's functions were no methods.
local function send(client, how, ...)
  if vim.fn.has("nvim-0.11") == 1 then
    return client[how](client, ...)
  end
  return client[how](...)
end

local function clear()
  if shown and vim.api.nvim_buf_is_valid(shown.buffer) then
    vim.api.nvim_buf_clear_namespace(shown.buffer, namespace, 0, -1)
  end
  shown = nil
end

-- What goes is marked, and what comes stands behind it, or below where it has several lines.
local function show(client, buffer, edit)
  clear()
  shown = { client = client, buffer = buffer, edit = edit }
  local first, last = edit.range.start, edit.range["end"]
  local last_row = math.min(last.line, vim.api.nvim_buf_line_count(buffer) - 1)
  local lines = vim.split(edit.text, "\n", { plain = true })
  vim.api.nvim_buf_set_extmark(buffer, namespace, math.min(first.line, last_row), first.character, {
    end_row = last_row,
    end_col = last.line > last_row and 0 or last.character,
    hl_group = "DiffDelete",
    strict = false,
  })
  local mark = { virt_text = { { lines[1], "DiffAdd" } }, virt_text_pos = "inline", strict = false }
  if #lines > 1 then
    mark = { virt_lines = {} }
    for _, line in ipairs(lines) do
      table.insert(mark.virt_lines, { { line, "DiffAdd" } })
    end
  end
  vim.api.nvim_buf_set_extmark(buffer, namespace, last_row, last.line > last_row and 0 or last.character, mark)
  send(client, "notify", "textDocument/didShowInlineEdit", { item = { command = edit.command } })
end

local function ask(client, buffer)
  if not vim.api.nvim_buf_is_valid(buffer) or buffer ~= vim.api.nvim_get_current_buf() then
    return
  end
  local params = vim.lsp.util.make_position_params(0, "utf-8")
  params.textDocument.version = vim.lsp.util.buf_versions[buffer]
  send(client, "request", "textDocument/copilotInlineEdit", params, function(error, result)
    local edit = not error and result and result.edits[1]
    if edit and vim.api.nvim_buf_is_valid(buffer) and edit.textDocument.version == vim.lsp.util.buf_versions[buffer] then
      show(client, buffer, edit)
    end
  end, buffer)
end

local function ask_soon(client, buffer)
  clear()
  timer:start(M.debounce_ms, 0, function()
    vim.schedule(function()
      ask(client, buffer)
    end)
  end)
end

--- Goes to the edit on display, or applies it where the cursor is on its line already; false where there is none.
function M.jump_or_apply()
  if not shown or shown.buffer ~= vim.api.nvim_get_current_buf() then
    return false
  end
  local row = math.min(shown.edit.range.start.line, vim.api.nvim_buf_line_count(0) - 1)
  if vim.api.nvim_win_get_cursor(0)[1] ~= row + 1 then
    vim.cmd("normal! m'") -- so that CTRL-O leads back
    vim.api.nvim_win_set_cursor(0, { row + 1, shown.edit.range.start.character })
    return true
  end
  local client, buffer, edit = shown.client, shown.buffer, shown.edit
  clear()
  vim.lsp.util.apply_text_edits({ { range = edit.range, newText = edit.text } }, buffer, "utf-8")
  send(client, "request", "workspace/executeCommand", {
    command = edit.command.command,
    arguments = edit.command.arguments,
  }, function() end, buffer)
  return true
end

--- Rejects the edit on display; false where there is none.
function M.reject()
  if not shown or shown.buffer ~= vim.api.nvim_get_current_buf() then
    return false
  end
  local id = shown.edit.command.arguments[1]
  local outcome = { eventId = id .. "-rejected", suggestionId = id, kind = "rejected", atMs = os.time() * 1000 }
  send(shown.client, "request", "inkling/recordOutcomes", { outcomes = { outcome } }, function() end, shown.buffer)
  clear()
  return true
end

local function attached(client, buffer)
  vim.api.nvim_create_autocmd({ "TextChanged", "TextChangedI" }, {
    buffer = buffer,
    callback = function()
      ask_soon(client, buffer)
    end,
  })
  for key, action in pairs({ ["<Tab>"] = M.jump_or_apply, ["<Esc>"] = M.reject }) do
    vim.keymap.set("n", key, function()
      if not action() then
        vim.api.nvim_feedkeys(vim.keycode(key), "n", false)
      end
    end, { buffer = buffer, desc = "Inkling: next edit" })
  end
end

function M.setup(options)
  M = vim.tbl_extend("force", M, options or {})
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.general = vim.tbl_extend("force", capabilities.general or {}, { positionEncodings = { "utf-8" } })
  vim.api.nvim_create_autocmd("FileType", {
    pattern = "python",
    callback = function(event)
      vim.lsp.start({
        name = "inkling",
        cmd = M.command,
        root_dir = vim.fs.root(event.buf, { "pyproject.toml", "setup.py", ".git" }),
        capabilities = capabilities,
        on_attach = attached,
      }, { bufnr = event.buf })
    end,
  })
end

return M
