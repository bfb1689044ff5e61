using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Platform.Data;

/// <summary>A name in SQL, always quoted. It ends at a NUL, which would end the whole statement on the wire.</summary>
readonly record struct Identifier(string Name)
{
    internal string Quoted
    {
        get
        {
            var name = Name.IndexOf('\0', StringComparison.Ordinal) is var end and >= 0 ? Name[..end] : Name;
            return $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        }
    }
}

/// <summary>JSON text that travels as <c>jsonb</c>.</summary>
readonly record struct Json(string Text);

/// <summary>
/// SQL that cannot be injected: every hole of the interpolated string is a parameter, unless it is an
/// <see cref="Identifier"/> or another <see cref="Sql"/>.
/// </summary>
[InterpolatedStringHandler]
sealed class Sql
{
    const char Hole = '\u0001'; // Stands for a parameter until all are known and can be numbered.

    readonly StringBuilder _text;
    readonly List<NpgsqlParameter> _parameters;

    public Sql(int literalLength, int formattedCount)
    {
        _text = new StringBuilder(literalLength + formattedCount * 3);
        _parameters = new List<NpgsqlParameter>(formattedCount);
    }

    public void AppendLiteral(string text) => _text.Append(text);

    public void AppendFormatted(Identifier name) => _text.Append(name.Quoted);

    public void AppendFormatted(Sql fragment)
    {
        _text.Append(fragment._text);
        _parameters.AddRange(fragment._parameters);
    }

    public void AppendFormatted(Json value) => Add(value.Text, NpgsqlDbType.Jsonb);

    public void AppendFormatted(string? value) => Add(value, NpgsqlDbType.Text);

    public void AppendFormatted(Guid? value) => Add(value, NpgsqlDbType.Uuid);

    public void AppendFormatted(int? value) => Add(value, NpgsqlDbType.Integer);

    public void AppendFormatted(long? value) => Add(value, NpgsqlDbType.Bigint);

    public void AppendFormatted(DateTimeOffset? value) => Add(value?.ToUniversalTime(), NpgsqlDbType.TimestampTz);

    public void AppendFormatted(DateOnly? value) => Add(value, NpgsqlDbType.Date);

    public void AppendFormatted(int[]? value) => Add(value, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public void AppendFormatted<T>(T value) where T : notnull
    {
        _parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        _text.Append(Hole);
    }

    /// <summary>The text with <c>$1</c>, <c>$2</c>, … and the parameters in that order.</summary>
    internal NpgsqlBatchCommand ToBatchCommand()
    {
        var numbered = new StringBuilder(_text.Length + _parameters.Count * 2);
        var number = 0;
        foreach (var chunk in _text.GetChunks())
            foreach (var character in chunk.Span)
            {
                if (character == Hole)
                    numbered.Append('$').Append(++number);
                else
                    numbered.Append(character);
            }

        var command = new NpgsqlBatchCommand(numbered.ToString());
        foreach (var parameter in _parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    void Add(object? value, NpgsqlDbType type)
    {
        _parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        _text.Append(Hole);
    }
}
