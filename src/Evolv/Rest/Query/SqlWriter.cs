using System.Globalization;
using System.Text;
using Evolv.Platform.Data;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Rest.Query;

/// <summary>
/// The text of one statement with its parameters. What comes from a request gets in as a parameter or as a quoted
/// identifier; <see cref="Append(string)"/> is for our own words alone.
/// </summary>
sealed class SqlWriter
{
    readonly StringBuilder _text = new(512);
    readonly List<NpgsqlParameter> _parameters = [];
    Dictionary<(bool IsIndex, string Operand), int>? _operands;

    internal SqlWriter Append(string sql)
    {
        _text.Append(sql);
        return this;
    }

    internal SqlWriter Append(long number)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{number}");
        return this;
    }

    internal SqlWriter Name(string identifier)
    {
        _text.Append(new Identifier(identifier).Quoted);
        return this;
    }

    /// <summary>A name without a schema stands alone.</summary>
    internal SqlWriter Name(QualifiedName name)
    {
        if (name.Schema.Length > 0)
            Name(name.Schema).Append(".");
        return Name(name.Name);
    }

    internal SqlWriter Column(QualifiedName table, string column)
    {
        Name(table).Append(".");
        return column == "*" ? Append("*") : Name(column);
    }

    /// <summary>A text whose type PostgreSQL chooses, as it does for a literal.</summary>
    internal SqlWriter Literal(string? text) => Parameter(text, NpgsqlDbType.Unknown);

    /// <summary>
    /// The key or index of a JSON path. The same is the same parameter, so that PostgreSQL sees that what is ordered by is what
    /// is grouped by.
    /// </summary>
    internal SqlWriter Operand(JsonStep step)
    {
        _operands ??= [];
        if (!_operands.TryGetValue((step.IsIndex, step.Operand), out var number))
        {
            Literal(step.Operand);
            _operands.Add((step.IsIndex, step.Operand), _parameters.Count);
        }
        else
        {
            _text.Append(CultureInfo.InvariantCulture, $"${number}");
        }

        return step.IsIndex ? Append("::int") : this;
    }

    internal SqlWriter Parameter(object? value, NpgsqlDbType type)
    {
        _parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        _text.Append(CultureInfo.InvariantCulture, $"${_parameters.Count}");
        return this;
    }

    /// <summary>Writes each item, with a separator between two.</summary>
    internal SqlWriter Join<T>(string separator, IEnumerable<T> items, Action<SqlWriter, T> write)
    {
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
                _text.Append(separator);
            isFirst = false;
            write(this, item);
        }

        return this;
    }

    internal NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand(_text.ToString());
        foreach (var parameter in _parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    public override string ToString() => _text.ToString();
}
