using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Career.Occupations;

/// <summary>Holds the newest catalog that anybody asked for, and reads it anew when the tables have a newer one.</summary>
sealed class OccupationCatalogs(Database database, IOptions<AiOptions> options) : IDisposable
{
    readonly SemaphoreSlim _reading = new(1);
    OccupationCatalog? _newest;

    /// <summary>A catalog that is at least of that version.</summary>
    internal async Task<OccupationCatalog> GetAsync(long version, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _newest) is { } known && known.Version >= version)
            return known;
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (_newest is { } meanwhile && meanwhile.Version >= version)
                return meanwhile;
            var json = await database.QueryJsonAsync(
                Caller.Anonymous, $"select evolv.occupation_catalog({options.Value.Region})::text", cancellationToken);
            var read = OccupationCatalog.Read(json);
            Volatile.Write(ref _newest, read);
            return read;
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();
}
