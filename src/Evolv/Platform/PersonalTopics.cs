namespace Evolv.Platform;

/// <summary>
/// The private topics of one person each, <c>feed:&lt;user_id&gt;</c>, for slices that tell people something there. Filled by the
/// realtime family.
/// </summary>
/// <param name="PeopleOn">Who is joined on this server, by the word before the colon.</param>
/// <param name="Send">Sends to those who are joined on this server: topic, event, payload as JSON.</param>
sealed record PersonalTopics(Func<string, IReadOnlyCollection<Guid>> PeopleOn, Action<string, string, ReadOnlyMemory<byte>> Send);
